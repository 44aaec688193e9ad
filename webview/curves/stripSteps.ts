/** Steps that several runs have checkpoints at. */

/** All of them, ascending, each once. */
export const stepsOf = (runs: readonly (readonly number[])[]): number[] =>
  [...new Set(runs.flat())].sort((a, b) => a - b);

/** The nearest to a step, the earlier of two that are as near; undefined when there are none. */
export const nearestStep = (steps: readonly number[], step: number): number | undefined =>
  steps.reduce<number | undefined>(
    (nearest, one) => (nearest === undefined || Math.abs(one - step) < Math.abs(nearest - step) ? one : nearest),
    undefined,
  );
