/** How far a result is from the value that it should have. */
import type { HostTensor } from '../../src/program/program.js';

/** `relative`: norm of the difference over the norm; `absolute`: largest element of the difference; `exact`: 0 or 1. */
export interface Difference {
  readonly quantity: string;
  readonly value: number;
  readonly limit: number;
  readonly measure: 'relative' | 'absolute' | 'exact';
  /** Both values in words, where numbers alone do not tell them. */
  readonly words?: string;
}

/** NaN is never within a limit. */
export const isWithin = ({ value, limit }: Difference): boolean => value <= limit;

export const relative = (quantity: string, actual: HostTensor, wanted: HostTensor, limit: number): Difference => ({
  quantity,
  limit,
  measure: 'relative',
  value: relativeDifference(actual, wanted),
});

export const largest = (quantity: string, actual: HostTensor, wanted: HostTensor, limit: number): Difference =>
  largestOf(quantity, actual.data, wanted.data, limit);

/** The same of plain numbers. What is NaN must be NaN. */
export function largestOf(
  quantity: string,
  actual: ArrayLike<number>,
  wanted: ArrayLike<number>,
  limit: number,
): Difference {
  let value = actual.length === wanted.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < wanted.length; i++) {
    const [ours, theirs] = [actual[i] as number, wanted[i] as number];
    if (!(Number.isNaN(ours) && Number.isNaN(theirs))) value = Math.max(value, Math.abs(ours - theirs));
  }
  return { quantity, limit, measure: 'absolute', value };
}

export const exact = (quantity: string, equal: boolean, words?: string): Difference => ({
  quantity,
  limit: 0,
  measure: 'exact',
  value: equal ? 0 : 1,
  ...(words !== undefined && { words }),
});

/**
 * Weights after training, in shares of what is allowed: 5e-3 of how far training moved them, and 5e-6 of their norm. Plain closeness of
 * weights shows nothing where they hardly move.
 */
export function moved(quantity: string, actual: HostTensor, wanted: HostTensor, initial: HostTensor): Difference {
  const allowed = 5e-3 * distance(wanted, initial) + 5e-6 * Math.hypot(...wanted.data);
  const off = distance(actual, wanted);
  return { quantity, limit: 1, measure: 'relative', value: off === 0 ? 0 : off / allowed };
}

function distance(a: HostTensor, b: HostTensor): number {
  if (a.data.length !== b.data.length) return Number.POSITIVE_INFINITY;
  let squares = 0;
  a.data.forEach((value, i) => {
    squares += (value - (b.data[i] as number)) ** 2;
  });
  return Math.sqrt(squares);
}

function relativeDifference(actual: HostTensor, wanted: HostTensor): number {
  if (actual.data.length !== wanted.data.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let norm = 0;
  wanted.data.forEach((value, i) => {
    difference += (value - (actual.data[i] as number)) ** 2;
    norm += value ** 2;
  });
  return norm === 0 ? Math.sqrt(difference) : Math.sqrt(difference / norm);
}

export const areEqual = (actual: HostTensor, wanted: HostTensor): boolean =>
  actual.data.length === wanted.data.length && wanted.data.every((value, i) => value === actual.data[i]);
