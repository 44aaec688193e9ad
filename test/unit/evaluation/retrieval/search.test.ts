import { expect, it } from 'vitest';
import type { RowGraph } from '../../../../src/evaluation/retrieval/graphFile.js';
import { nearestRows } from '../../../../src/evaluation/retrieval/search.js';

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
