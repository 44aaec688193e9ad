import { expect } from 'vitest';
import type { HostTensor } from '../../../../src/program/program.js';

/** The norm of the difference as a share of the norm of what is wanted. */
export function expectNear(
  actual: Pick<HostTensor, 'shape' | 'data'> | undefined,
  wanted: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  what: string,
  limit = 1e-5,
): void {
  if (actual === undefined) throw new Error(`There is no ${what}.`);
  expect(actual.shape, what).toEqual(wanted.shape);
  let [apart, all] = [0, 1e-30];
  for (const [i, value] of Array.from(wanted.data).entries()) {
    apart += (value - (actual.data[i] ?? Number.NaN)) ** 2;
    all += value ** 2;
  }
  // Not a number is not near.
  expect(Number.isNaN(apart) ? Number.POSITIVE_INFINITY : Math.sqrt(apart / all), what).toBeLessThan(limit);
}
