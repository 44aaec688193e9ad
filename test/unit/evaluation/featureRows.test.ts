import { expect, it } from 'vitest';
import { chosenRows, joined, rowOf, stacked } from '../../../src/evaluation/featureRows.js';

const matrix = { rows: 3, dim: 2, data: Float32Array.of(1, 2, 3, 4, 5, 6) };

it('a row is a view of its numbers', () => {
  expect([0, 1, 2].map((row) => [...rowOf(matrix, row)])).toEqual([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  expect(rowOf(matrix, 1).buffer).toBe(matrix.data.buffer);
});

it('rows are stacked in their order; of none there is an empty matrix', () => {
  expect(stacked([Float32Array.of(5, 6), Float32Array.of(1, 2), Float32Array.of(3, 4)])).toEqual({
    ...{ rows: 3, dim: 2, data: Float32Array.of(5, 6, 1, 2, 3, 4) },
  });
  expect(stacked([])).toEqual({ rows: 0, dim: 0, data: new Float32Array() });
});

it('rows are chosen in the order that is asked for, one twice if it is asked for twice', () => {
  expect(chosenRows(matrix, [2, 0, 2])).toEqual({ rows: 3, dim: 2, data: Float32Array.of(5, 6, 1, 2, 5, 6) });
  expect(chosenRows(matrix, Int32Array.of())).toEqual({ rows: 0, dim: 2, data: new Float32Array() });
});

it('matrices stand one below the other, one without rows too', () => {
  const empty = { rows: 0, dim: 2, data: new Float32Array() };
  const one = { rows: 1, dim: 2, data: Float32Array.of(7, 8) };
  expect(joined([one, empty, matrix])).toEqual({ rows: 4, dim: 2, data: Float32Array.of(7, 8, 1, 2, 3, 4, 5, 6) });
  expect(joined([matrix])).toEqual(matrix);
});
