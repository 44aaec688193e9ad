/** The neighbors of all points as one symmetric sparse matrix of weights, which both t-SNE and UMAP draw. */
import type { Neighbors } from './neighbors.js';

/** Compressed rows: the entries of row i are from starts[i] to starts[i + 1]. */
export interface SparseMatrix {
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly weights: Float32Array;
}

/**
 * Joins what i thinks of j with what j thinks of i.
 * @param weights [rows, k], of each neighbor
 * @param join symmetric, of the two weights; 0 stands for one that is not a neighbor
 */
export function symmetric(
  { k, indices }: Neighbors,
  weights: Float32Array,
  join: (one: number, other: number) => number,
): SparseMatrix {
  const rows = indices.length / k;
  // The transposed matrix: who has whom as a neighbor.
  const backStarts = new Int32Array(rows + 1);
  for (const column of indices) backStarts[column + 1] = (backStarts[column + 1] as number) + 1;
  for (let row = 0; row < rows; row++)
    backStarts[row + 1] = (backStarts[row + 1] as number) + (backStarts[row] as number);
  const free = backStarts.slice(0, rows);
  const backColumns = new Int32Array(indices.length);
  const backWeights = new Float32Array(indices.length);
  indices.forEach((column, at) => {
    const place = free[column] as number;
    free[column] = place + 1;
    backColumns[place] = Math.floor(at / k);
    backWeights[place] = weights[at] as number;
  });

  const starts = new Int32Array(rows + 1);
  const columns = new Int32Array(2 * indices.length);
  const joined = new Float32Array(2 * indices.length);
  /** Where in the row under way a column stands. */
  const places = new Int32Array(rows).fill(-1);
  let end = 0;
  for (let row = 0; row < rows; row++) {
    const start = end;
    for (let at = row * k; at < (row + 1) * k; at++) {
      const column = indices[at] as number;
      places[column] = end;
      columns[end] = column;
      joined[end++] = join(weights[at] as number, 0);
    }
    for (let at = backStarts[row] as number; at < (backStarts[row + 1] as number); at++) {
      const column = backColumns[at] as number;
      const place = places[column] as number;
      if (place >= start) {
        joined[place] = join(weights[row * k + place - start] as number, backWeights[at] as number);
      } else {
        columns[end] = column;
        joined[end++] = join(0, backWeights[at] as number);
      }
    }
    starts[row + 1] = end;
  }
  return { starts, columns: columns.slice(0, end), weights: joined.slice(0, end) };
}
