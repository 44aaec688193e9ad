/** Neighbors by the dot product, beside sorting all products. */
import { expect, it } from 'vitest';
import { forEachNeighborhood, type Neighborhoods } from '../../../src/evaluation/neighborhoods.js';

/** Whole numbers from -9 to 9, so that products are exact and many are equal. */
function matrix(rows: number, dim: number, seed: number) {
  let state = seed;
  const next = () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return (Math.floor(state / 65536) % 19) - 9;
  };
  return { rows, dim, data: Float32Array.from({ length: rows * dim }, next) };
}

function found(asked: Neighborhoods) {
  const all: { row: number; neighbors: number[]; similarities: number[] }[] = [];
  forEachNeighborhood(asked, (row, neighbors, similarities) => {
    all.push({ row, neighbors: [...neighbors], similarities: [...similarities] });
  });
  return all;
}

function bySorting({ train, test, k, leaveOneOut = false, start = 0, end = test.rows }: Neighborhoods) {
  return Array.from({ length: end - start }, (_, at) => {
    const row = start + at;
    const nearest = Array.from({ length: train.rows }, (_, other) => {
      let product = 0;
      for (let d = 0; d < train.dim; d++)
        product += (test.data[row * train.dim + d] ?? 0) * (train.data[other * train.dim + d] ?? 0);
      return { other, product };
    })
      .filter(({ other }) => !(leaveOneOut && other === row))
      .sort((one, two) => two.product - one.product || one.other - two.other)
      .slice(0, k);
    return {
      row,
      neighbors: nearest.map(({ other }) => other),
      similarities: nearest.map(({ product }) => product),
    };
  });
}

it.each([
  // Of the first rows of a kind, of all that are left of four, and of many more than are wanted.
  [1, 1],
  [2, 2],
  [3, 2],
  [5, 5],
  [6, 1],
  [15, 1],
  [16, 1],
  [17, 1],
  [31, 2],
  [32, 2],
  [33, 2],
  [203, 3],
  [203, 12],
  [203, 13],
  [500, 7],
])('of %i rows the %i nearest are those of sorting, equal ones in the order of their numbers', (rows, k) => {
  const asked = { train: matrix(rows, 3, rows), test: matrix(9, 3, k), k };
  expect(found(asked)).toEqual(bySorting(asked));
});

it('none is its own neighbor where each is tested by the others, in every block of rows that is read together', () => {
  // 65,536 numbers are read together: eight rows of 8,000.
  const train = matrix(19, 8000, 4);
  const asked = { train, test: train, k: 18, leaveOneOut: true };
  expect(found(asked)).toEqual(bySorting(asked));
  expect(found({ ...asked, leaveOneOut: false }).map(({ neighbors: [own] }) => own)).toEqual([
    ...Array.from({ length: 19 }, (_, row) => row),
  ]);
});

it('only a range of the test rows is looked at when it is given', () => {
  const train = matrix(23, 3, 2);
  const asked = { train, test: train, k: 4, start: 5, end: 8, leaveOneOut: true };
  expect(found(asked)).toEqual(bySorting(asked));
  expect(found({ ...asked, start: 21, end: 23 }).map(({ row }) => row)).toEqual([21, 22]);
  expect(found({ ...asked, start: 5, end: 5 })).toEqual([]);
});

it('a row that is wider than what is read together is compared too', () => {
  const wide = { rows: 2, dim: 70_000, data: new Float32Array(140_000) };
  wide.data[0] = 1;
  wide.data[70_000] = 2;
  expect(found({ train: wide, test: wide, k: 2 })).toEqual([
    { row: 0, neighbors: [1, 0], similarities: [2, 1] },
    { row: 1, neighbors: [1, 0], similarities: [4, 2] },
  ]);
});
