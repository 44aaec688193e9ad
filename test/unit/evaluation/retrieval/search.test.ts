import { expect, it } from 'vitest';
import type { RowGraph } from '../../../../src/evaluation/retrieval/graphFile.js';
import { mostSimilar, nearestRows } from '../../../../src/evaluation/retrieval/search.js';

const features = { rows: 4, dim: 2, data: Float32Array.of(1, 0, 0.8, 0.6, 0, 1, -1, 0) };
const query = Float32Array.of(1, 0);
const rows = (graph?: RowGraph) => nearestRows(features, query, 2, -1, graph).map(({ row }) => row);
/** Of a graph whose nearest rows are these in the index, -1: gone. */
const graphOf = (rowOf: readonly number[]): RowGraph =>
  ({ graph: { near: () => rowOf.map((_, place) => place) }, rowOf: Int32Array.from(rowOf), others: [] }) as never;

it('compares what the graph finds, the nearest first', () => {
  expect(rows(graphOf([2, 0, 1]))).toEqual([0, 1]);
});

it('compares all where most of what lay near has gone since the graph was made', () => {
  expect(rows(graphOf([-1, -1, 3]))).toEqual(rows());
  expect(rows(graphOf([-1, -1, -1]))).toEqual([0, 1]);
});

it('tells how far what it finds is: 0 for the same, 1 for what has nothing in common, 2 for the opposite', () => {
  const images = ['same', 'alike', 'other', 'opposite'].map((name) => ({ name, stamp: '' }));
  const index = { network: 'n', networkName: 'n', images, features };
  const found = (query: Float32Array) => mostSimilar({ index }, query, undefined, -1);
  expect(found(query)).toEqual([
    { row: 0, name: 'same', distance: 0 },
    { row: 1, name: 'alike', distance: expect.closeTo(0.2, 6) },
    { row: 2, name: 'other', distance: 1 },
    { row: 3, name: 'opposite', distance: 2 },
  ]);
  expect(found(Float32Array.of(1.000001, 0))[0]?.distance, 'of a length that is rounded up').toBe(0);
});
