/** Images of labels in other sizes, as Pillow's Image.resize with NEAREST makes them. */
import { expect, it } from 'vitest';
import { resizeNearest } from '../../../src/evaluation/nearest.js';

const size = (width: number, height: number) => ({ width, height });

it('an image of its own size stays as it is', () => {
  const values = Uint8Array.of(1, 2, 3, 4, 5, 6);
  expect(resizeNearest(values, size(3, 2), size(3, 2))).toEqual(values);
});

it('each pixel is the one at its center, row by row', () => {
  const values = Uint8Array.of(1, 2, 3, 4, 5, 6);
  expect([...resizeNearest(values, size(3, 2), size(6, 2))]).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]);
  expect([...resizeNearest(values, size(2, 3), size(2, 1))]).toEqual([3, 4]);
  expect([...resizeNearest(values, size(3, 2), size(1, 4))]).toEqual([2, 2, 5, 5]);
  // Centers at 0.833 and 2.5 of a row of three; at 0.3, 0.9, 1.5, 2.1 and 2.7 of it.
  expect([...resizeNearest(values, size(3, 2), size(2, 1))]).toEqual([4, 6]);
  expect([...resizeNearest(values.subarray(0, 3), size(3, 1), size(5, 1))]).toEqual([1, 1, 2, 3, 3]);
});

it('no pixel beyond the last is asked for, however the steps add up', () => {
  for (const to of [7, 49, 93, 103, 197]) {
    const row = resizeNearest(Uint8Array.of(1, 2, 3), size(3, 1), size(to, 1));
    expect([row.length, row[0], row.at(-1), row.includes(0)]).toEqual([to, 1, 3, false]);
  }
});
