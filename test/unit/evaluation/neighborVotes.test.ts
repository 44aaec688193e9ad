import { describe, expect, it } from 'vitest';
import { mostSimilar, votedClasses } from '../../../src/evaluation/neighborVotes.js';

describe('The rows that are most similar to one', () => {
  const angles = [0, 40, 10, 180, 10, 90];
  const features = {
    rows: angles.length,
    dim: 2,
    data: Float32Array.from(
      angles.flatMap((angle) => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]),
    ),
  };

  it('come by their cosine, of equal ones the first, without itself', () => {
    const { images, similarities } = mostSimilar(features, 0, 4);
    expect([...images]).toEqual([2, 4, 1, 5]);
    const cosines = [10, 10, 40, 90].map((angle) => Math.cos((angle * Math.PI) / 180));
    expect([...similarities]).toEqual(cosines.map((cosine) => expect.closeTo(cosine, 6)));
    expect([...mostSimilar(features, 3, 1).images]).toEqual([5]);
  });

  it('are all others when there are no more', () => {
    expect([...mostSimilar(features, 0, 100).images]).toEqual([2, 4, 1, 5, 3]);
  });
});

describe('The class that neighbors vote for', () => {
  /** The distance between rows of length 1 whose cosine this is. */
  const distance = (cosine: number) => Math.sqrt(2 - 2 * cosine);

  const vote = (neighbors: readonly (readonly [label: number, cosine: number])[]) => {
    const labels = Int32Array.from([0, ...neighbors.map(([label]) => label)]);
    const k = neighbors.length;
    const indices = new Int32Array(labels.length * k);
    const distances = new Float32Array(labels.length * k).fill(0);
    neighbors.forEach(([, cosine], rank) => {
      indices[rank] = rank + 1;
      distances[rank] = distance(cosine);
    });
    return votedClasses({ k, indices, distances }, labels)[0];
  };

  it('is that of the many, unless one is much nearer', () => {
    expect(vote([[1, 0.9], [2, 0.9], [2, 0.9]])).toBe(2); // biome-ignore format: pairs
    // exp(.2 / .07) is 17: ten votes further away weigh less.
    expect(vote([[1, 0.9], ...new Array<[number, number]>(10).fill([2, 0.7])])).toBe(1);
    expect(vote([[1, 0.9], ...new Array<[number, number]>(20).fill([2, 0.7])])).toBe(2);
  });

  it('is the first of equals, and none where no neighbor has a class', () => {
    expect(vote([[3, 0.5], [1, 0.5]])).toBe(3); // biome-ignore format: pairs
    expect(vote([[-1, 0.9], [1, 0.1]])).toBe(1); // biome-ignore format: pairs
    expect(vote([[-1, 0.9], [-1, 0.8]])).toBe(-1); // biome-ignore format: pairs
    expect(vote([[0, 0.9], [-1, 0.99]])).toBe(0); // biome-ignore format: pairs
  });

  it('is asked of each row by itself', () => {
    const indices = Int32Array.of(1, 2, 0, 2, 0, 1);
    const distances = Float32Array.of(0.1, 1, 0.1, 1, 0.1, 0.1);
    expect([...votedClasses({ k: 2, indices, distances }, Int32Array.of(5, 6, 7))]).toEqual([6, 5, 5]);
  });
});
