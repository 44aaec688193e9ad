import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RowGraph } from '../../../../src/evaluation/retrieval/graphFile.js';
import { mostSimilar, nearestRows, rowOfFile } from '../../../../src/evaluation/retrieval/search.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';
import { datasetOf } from '../surroundings.js';

const features = { rows: 4, dim: 2, data: Float32Array.of(1, 0, 0.8, 0.6, 0, 1, -1, 0) };
const query = Float32Array.of(1, 0);
const rows = (graph?: RowGraph, own = -1) => nearestRows(features, query, 2, own, graph).map(({ row }) => row);
/** Of a graph whose nearest rows are these in the index, -1: gone; and how many of them were asked for. */
const graphOf = (rowOf: readonly number[], others: readonly number[] = [], asked: number[] = []): RowGraph => {
  const near = (_: Float32Array, count: number) => {
    asked.push(count);
    return rowOf.map((_, place) => place);
  };
  return { graph: { near }, rowOf: Int32Array.from(rowOf), others } as never;
};

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

it('compares rows that the graph lacks, and tells the similarities of what it finds', () => {
  expect(rows(graphOf([2, 3, 1], [0]))).toEqual([0, 1]);
  expect(nearestRows(features, query, 2, -1, graphOf([3, 2, 1]))).toEqual([
    { row: 1, similarity: expect.closeTo(0.8, 6) },
    { row: 2, similarity: 0 },
  ]);
});

it('finds the first row, too', () => {
  expect(nearestRows(features, query, 1, -1, graphOf([2, 0, 3]))).toEqual([{ row: 0, similarity: 1 }]);
});

it('passes over the query itself, with a graph or without', () => {
  expect([rows(undefined, 0), rows(graphOf([2, 0, 1]), 0), rows(graphOf([2, 3, 1], [0]), 0)]).toEqual(
    Array.from({ length: 3 }, () => [1, 2]),
  );
});

it('compares all where the graph gives no more rows than are asked for: one may be the query itself', () => {
  expect(rows(graphOf([3, 2])), 'as many').toEqual([0, 1]);
  expect(rows(graphOf([3, 2, 1])), 'one more').toEqual([1, 2]);
});

it('asks the graph for a hundred rows, or four times as many as are wanted', () => {
  const asked: number[] = [];
  const graph = graphOf([0], [], asked);
  for (const k of [1, 25, 26, 100]) nearestRows(features, query, k, -1, graph);
  expect(asked).toEqual([100, 100, 104, 400]);
});

/** Of so many images that are all alike. */
const indexOf = (size: number) => ({
  index: {
    ...{ network: 'n', networkName: 'n' },
    images: Array.from({ length: size }, (_, image) => ({ name: `${image}.png`, stamp: '' })),
    features: { rows: size, dim: 2, data: Float32Array.from({ length: 2 * size }, (_, i) => 1 - (i % 2)) },
  },
});

it('finds ten images if no number is given, or all others where there are fewer', () => {
  const count = (size: number, wanted: number | undefined, own: number) =>
    mostSimilar(indexOf(size), query, wanted, own).length;
  expect([count(12, undefined, -1), count(12, undefined, 3), count(10, undefined, 0), count(3, undefined, -1)]).toEqual(
    [...[10, 10, 9, 3]],
  );
  expect([count(12, 12, -1), count(12, 11, 0), count(12, 1, -1)]).toEqual([12, 11, 1]);
  expect(() => count(12, 13, -1)).toThrow('There are only 12 images to find: choose a k of at most 12.');
  expect(() => count(12, 12, 0)).toThrow(
    'There are only 11 images besides the query itself to find: choose a k of at most 11.',
  );
});

it('a file is the row of the image that it is, by whatever path, and none of one with the same name', async () => {
  const [root, elsewhere] = [temporaryFolder(), temporaryFolder()];
  mkdirSync(join(root, 'a'));
  mkdirSync(join(root, 'b', 'c'), { recursive: true });
  for (const name of ['a/0.png', 'b/0.png', 'b/c/0.png']) writeFileSync(join(root, name), name);
  const names = ['gone/0.png', 'a/0.png', 'b/0.png', 'b/c/0.png'];
  const updated = { ...indexOf(0), images: new Int32Array(0), computed: 0, kept: 0, notes: [] };
  const index = { ...updated.index, images: names.map((name) => ({ name, stamp: '' })) };
  const rowOf = (path: string, source = { kind: 'folder', root, names } as const) =>
    rowOfFile(path, datasetOf([], { source }), { ...updated, index });
  expect([await rowOf(join(root, 'b', '0.png')), await rowOf(join(root, 'b', '..', 'a', '0.png'))]).toEqual([2, 1]);
  expect(await rowOf(join(root, 'b', 'c', '0.png'))).toBe(3);
  symlinkSync(join(root, 'a', '0.png'), join(elsewhere, 'link'));
  expect(await rowOf(join(elsewhere, 'link'))).toBe(1);
  writeFileSync(join(elsewhere, '0.png'), '');
  expect(await rowOf(join(elsewhere, '0.png'))).toBe(-1);
  const idx = { kind: 'idx', file: '/x', width: 1, height: 1, count: 0, pixels: new SharedArrayBuffer(0) } as const;
  expect(await rowOfFile(join(root, 'a', '0.png'), datasetOf([], { source: idx }), { ...updated, index })).toBe(-1);
});
