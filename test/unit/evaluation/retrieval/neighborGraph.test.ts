/** The graph of nearest neighbors itself: what it finds, what it is loaded from, and what is said where there is none. */
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadUsearch, NeighborGraph } from '../../../../src/evaluation/retrieval/neighborGraph.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';

/** Directions around a circle, evenly spread. */
const around = (rows: number) => {
  const angles = Array.from({ length: rows }, (_, row) => (2 * Math.PI * row) / rows);
  return { rows, dim: 2, data: Float32Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)])) };
};
const rowIn = ({ data }: ReturnType<typeof around>, row: number) => data.subarray(2 * row, 2 * row + 2);

const usearch = await loadUsearch();

describe.skipIf(typeof usearch === 'string')('a graph', () => {
  const build = async (rows: number) => {
    if (typeof usearch === 'string') throw new Error(usearch);
    const features = around(rows);
    return { usearch, features, graph: await NeighborGraph.build(usearch, features, () => undefined) };
  };

  it('finds no more rows than there are', async () => {
    const { features, graph } = await build(5);
    expect(graph.near(rowIn(features, 3), 100).sort()).toEqual([0, 1, 2, 3, 4]);
    expect(graph.near(rowIn(features, 3), 1)).toEqual([3]);
  });

  it('is loaded again for as many rows of as many numbers', async () => {
    const { usearch, features, graph } = await build(5);
    const path = join(temporaryFolder(), 'a.graph');
    graph.save(path);
    expect(NeighborGraph.load(usearch, path, 5, 2).near(rowIn(features, 4), 1)).toEqual([4]);
    for (const [rows, dim] of [
      [4, 2],
      [6, 2],
      [5, 3],
    ] as const)
      expect(() => NeighborGraph.load(usearch, path, rows, dim), `${rows} x ${dim}`).toThrow(/./);
    expect(() => NeighborGraph.load(usearch, path, 4, 2)).toThrow('a.graph is of other rows');
  });
});

it('rows are added in pieces, each by its own number and in memory of its own', async () => {
  const added: { readonly numbers: BigUint64Array; readonly vectors: Float32Array }[] = [];
  const library = {
    Index: class {
      add(numbers: BigUint64Array, vectors: Float32Array) {
        added.push({ numbers, vectors });
      }
    },
    ...{ MetricKind: {}, ScalarKind: {} },
  };
  const features = around(4100);
  const heard: number[] = [];
  const graph = await NeighborGraph.build(library as never, features, (done) => void heard.push(done));
  expect([heard, graph.rows, graph.dim]).toEqual([[2000, 4000, 4100], 4100, 2]);
  expect(added.map(({ numbers }) => [numbers.length, numbers[0], numbers.at(-1)])).toEqual([
    [2000, 0n, 1999n],
    [2000, 2000n, 3999n],
    [100, 4000n, 4099n],
  ]);
  expect(added.map(({ vectors }) => vectors)).toEqual(
    [0, 2000, 4000].map((start) => features.data.slice(2 * start, 2 * start + 4000)),
  );
  expect(added.every(({ vectors }) => vectors.byteOffset === 0)).toBe(true);
  const whole: number[] = [];
  await NeighborGraph.build(library as never, around(2000), (done) => void whole.push(done));
  expect(whole).toEqual([2000]);
});

describe('a machine for which there is no library', () => {
  afterEach(() => vi.doUnmock('usearch'));

  it('is told so in a sentence', async () => {
    vi.doMock('usearch', () => {
      throw new Error('there is no build.\nRequire stack: …');
    });
    const said = await loadUsearch();
    expect(said).toMatch(
      /^Approximate search is not available on this machine \(\w+-\w+\), so every image is compared: [^\n]+[^.]\.$/,
    );
  });
});
