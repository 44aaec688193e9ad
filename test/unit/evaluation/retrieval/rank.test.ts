import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rowOf } from '../../../../src/evaluation/featureRows.js';
import { largest, ranking, similaritiesTo } from '../../../../src/evaluation/retrieval/rank.js';

const matrix = { rows: 3, dim: 2, data: Float32Array.of(1, 0, 0, 1, 3, 4) };

it('Similarities are inner products in float64', () => {
  expect(similaritiesTo(matrix, [0.1, 0.2])).toEqual(Float64Array.of(0.1, 0.2, 3 * 0.1 + 4 * 0.2));
  expect(rowOf(matrix, 2)).toEqual(Float32Array.of(3, 4));
});

it('A query of another network is refused', () => {
  expect(() => similaritiesTo(matrix, [1])).toThrow('the query has 1 dimensions and what is searched has 2');
});

it('Of equal similarities the smaller index comes first', () => {
  expect([...ranking(Float64Array.of(1, 3, 1, 3))]).toEqual([1, 3, 0, 2]);
  expect(largest(Float64Array.of(1, 3, 1, 3), 3)).toEqual([1, 3, 0]);
});

it('The largest are the first of the ranking, however many are asked for', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5 })), fc.integer({ min: 1, max: 9 }), (values, k) => {
      const similarities = Float64Array.from(values);
      expect(largest(similarities, k)).toEqual([...ranking(similarities)].slice(0, k));
      expect(largest(similarities, k, 0)).toEqual([...ranking(similarities)].filter((i) => i !== 0).slice(0, k));
    }),
  );
});

it('None are the largest of none, and an index that is not there is not left out', () => {
  expect(largest(Float64Array.of(), 3)).toEqual([]);
  expect(largest(Float64Array.of(-2, -1), 5)).toEqual([1, 0]);
  expect(largest(Float64Array.of(1, 2), 5, 7)).toEqual([1, 0]);
  expect(largest(Float64Array.of(1, 2, 3), 1, 2)).toEqual([1]);
});
