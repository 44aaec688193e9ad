/** The graph that is kept beside an index: when it serves again, and when it is built anew. */
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { graphOf, type RowGraph } from '../../../../src/evaluation/retrieval/graphFile.js';
import type { FeatureIndex } from '../../../../src/evaluation/retrieval/indexFile.js';
import { loadUsearch } from '../../../../src/evaluation/retrieval/neighborGraph.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';

let path: string;
let built: number;
beforeEach(() => {
  path = join(temporaryFolder(), 'images.index');
  built = 0;
});

/** Images by number, as directions around a circle. */
const indexOf = (numbers: readonly number[], changes: Partial<FeatureIndex> = {}): FeatureIndex => ({
  ...{ network: 'network', networkName: 'network' },
  images: numbers.map((number) => ({ name: `${number}.png`, stamp: 'written once' })),
  features: { rows: numbers.length, dim: 2, data: Float32Array.from(numbers.flatMap(directionOf)) },
  ...changes,
});
const directionOf = (number: number): [number, number] => [Math.cos(number / 10), Math.sin(number / 10)];
const numbers = Array.from({ length: 40 }, (_, number) => number);

const graph = (index: FeatureIndex, mostExact = 10, signal = new AbortController().signal) =>
  graphOf(path, index, { signal, progress: (done, total) => (built += done === total ? 1 : 0) }, mostExact);
/** The rows of an index that lie nearest to a number's direction. */
const near = ({ graph, rowOf }: RowGraph, number: number, count = 3) =>
  graph.near(Float32Array.from(directionOf(number)), count).map((row) => rowOf[row]);
const required = async (index: FeatureIndex): Promise<RowGraph> => {
  const made = await graph(index);
  if (made === undefined || typeof made === 'string') throw new Error(made ?? 'no graph was made');
  return made;
};

test('few rows are compared one by one, without a graph', async () => {
  expect(await graph(indexOf(numbers), 40)).toBeUndefined();
  expect(existsSync(`${path}.graph`)).toBe(false);
});

const usearch = await loadUsearch();
const builds = test.skipIf(typeof usearch === 'string');

builds('is built once, and finds the rows that lie near', async () => {
  const first = await required(indexOf(numbers));
  expect(first.others).toEqual([]);
  expect(near(first, 20).sort()).toEqual([19, 20, 21]);
  expect(near(first, 20, 1000), 'no more than there are').toHaveLength(40);
  const again = await required(indexOf(numbers));
  expect(near(again, 20).sort()).toEqual([19, 20, 21]);
  expect(again.others).toEqual([]);
  expect(built).toBe(1);
});

builds('serves on while one image of ten came or went, which are named', async () => {
  await required(indexOf(numbers));
  // Two have gone, and two have come before and behind them.
  const changed = [100, ...numbers.filter((number) => number !== 5 && number !== 6), 101];
  const kept = await required(indexOf(changed));
  expect(built).toBe(1);
  expect(kept.others).toEqual([0, 39]);
  expect(kept.rowOf.filter((row) => row < 0)).toHaveLength(2);
  expect(near(kept, 20).sort(), 'rows of the index as it is now').toEqual([18, 19, 20]);
  await required(indexOf([...changed, 102]));
  expect(built, 'more have changed').toBe(2);
  const others = numbers.filter((number) => number !== 8 && number !== 9);
  await required(indexOf(numbers));
  expect(built).toBe(3);
  expect((await required(indexOf([...others, 200, 201]))).others).toEqual([38, 39]);
  expect(built, 'the first row has stayed').toBe(3);
});

builds('an image that was written again is another one', async () => {
  await required(indexOf(numbers));
  const index = indexOf(numbers);
  const images = index.images.map((image, row) => (row === 7 ? { ...image, stamp: 'written again' } : image));
  const kept = await required({ ...index, images });
  expect(built).toBe(1);
  expect(kept.others).toEqual([7]);
});

builds('is built anew for another network, and where its files are damaged', async () => {
  await required(indexOf(numbers));
  await required(indexOf(numbers, { network: 'another' }));
  expect(built).toBe(2);
  truncateSync(`${path}.graph`, 100);
  await required(indexOf(numbers, { network: 'another' }));
  expect(built).toBe(3);
  const of = JSON.parse(readFileSync(`${path}.graph.of`, 'utf8')) as Record<string, unknown>;
  for (const damage of [{ version: 2 }, { dim: 3 }, { rows: 39 }, { rows: 0 }, { images: '' }]) {
    writeFileSync(`${path}.graph.of`, JSON.stringify({ ...of, ...damage }));
    const before = built;
    expect(near(await required(indexOf(numbers, { network: 'another' })), 20).sort()).toEqual([19, 20, 21]);
    expect(built, JSON.stringify(damage)).toBe(before + 1);
  }
});

builds('is built anew where a byte of its file is another one', async () => {
  await required(indexOf(numbers));
  const bytes = readFileSync(`${path}.graph`);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(`${path}.graph`, bytes);
  await required(indexOf(numbers));
  expect(built).toBe(2);
});

builds('is not kept when the work is given up', async () => {
  const given = new AbortController();
  given.abort(new Error('no longer wanted'));
  await expect(graph(indexOf(numbers), 10, given.signal)).rejects.toThrow('no longer wanted');
  expect(existsSync(`${path}.graph`)).toBe(false);
});
