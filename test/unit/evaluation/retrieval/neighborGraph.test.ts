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
  const build = async (rows: number, heard: number[] = []) => {
    if (typeof usearch === 'string') throw new Error(usearch);
    const features = around(rows);
    const graph = await NeighborGraph.build(usearch, features, (done) => void heard.push(done));
    return { usearch, features, graph };
  };

  it('has rows of several pieces by their own numbers', async () => {
    const heard: number[] = [];
    const { features, graph } = await build(2100, heard);
    expect(heard).toEqual([2000, 2100]);
    expect([graph.rows, graph.dim]).toEqual([2100, 2]);
    for (const row of [50, 1000, 2050]) {
      const found = graph.near(rowIn(features, row), 60);
      expect(found).toHaveLength(60);
      const away = found.map((each) => Math.min(Math.abs(each - row), 2100 - Math.abs(each - row)));
      expect(Math.max(...away), `around ${row}`).toBeLessThan(100);
    }
  });

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
