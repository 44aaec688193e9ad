/** Python's version numbers and specifiers, as far as wheels of TensorFlow and NVIDIA use them (PEP 440). */

/** Negative when `a` is older. Both are plain releases such as `12.5.3.2`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number)) as [number[], number[]];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether it is a release, not one of those before it (`2.21.0rc1`). */
export const isRelease = (version: string): boolean => /^\d+(\.\d+)*$/.test(version);

/**
 * @param specifier clauses joined by commas, e.g. `<13.0,>=12.5`
 * @throws Error for a clause of another kind than == != <= < >= >
 */
export function satisfies(version: string, specifier: string): boolean {
  return specifier.split(',').every((clause) => {
    const [, operator, wanted] = /^\s*(==|!=|<=|>=|<|>)\s*([\d.]+)\s*$/.exec(clause) ?? [];
    if (operator === undefined || wanted === undefined)
      throw new Error(`The version condition ${specifier} is of an unknown kind: update DINO Lab.`);
    const difference = compareVersions(version, wanted);
    if (operator === '==') return difference === 0;
    if (operator === '!=') return difference !== 0;
    if (operator === '<=') return difference <= 0;
    if (operator === '>=') return difference >= 0;
    return operator === '<' ? difference < 0 : difference > 0;
  });
}
