/** Faster forms of plain ones. */

let plainFormsOnly = false;

/**
 * A function in two forms that compute the same, up to rounding: `plain` reads like the paper, `faster` is what runs. Tests hold the
 * faster form to the plain one, values and gradients, by {@link inPlainForms}.
 */
export const substitution =
  <A extends readonly unknown[], R>(plain: (...given: A) => R, faster: (...given: A) => R): ((...given: A) => R) =>
  (...given) =>
    (plainFormsOnly ? plain : faster)(...given);

/**
 * What `compute` gives when every substituted function runs in its plain form: for tests, and for runtimes that are not ours. It must not be
 * asynchronous.
 */
export function inPlainForms<R>(compute: () => R): R {
  const before = plainFormsOnly;
  plainFormsOnly = true;
  try {
    return compute();
  } finally {
    plainFormsOnly = before;
  }
}
