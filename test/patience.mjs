/**
 * How long the tests wait before they take something for hung, in milliseconds. They wait for states: on an idle machine none takes a
 * tenth of this, and on a busy one it does not matter how long it takes.
 */
export const patience = {
  /** For a state that a test waits for. */
  state: 300_000,
  /** For a test, or what is done before it. */
  test: 1_800_000,
  /** For a suite as a whole. */
  suite: 7_200_000,
};
