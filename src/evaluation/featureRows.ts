/** Rows of features, one an image. */
import type { FeatureMatrix } from './knn.js';

/** A row of a matrix, as a view. */
export const rowOf = ({ dim, data }: FeatureMatrix, row: number): Float32Array =>
  data.subarray(row * dim, (row + 1) * dim);

/** One below the other. @param rows of one length */
export function stacked(rows: readonly Float32Array[]): FeatureMatrix {
  const dim = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * dim);
  rows.forEach((row, at) => {
    data.set(row, at * dim);
  });
  return { rows: rows.length, dim, data };
}

/** Some rows, in the order of their numbers in `chosen`. */
export function chosenRows({ dim, data }: FeatureMatrix, chosen: ArrayLike<number>): FeatureMatrix {
  const rows = new Float32Array(chosen.length * dim);
  for (let at = 0; at < chosen.length; at++) {
    const row = chosen[at] as number;
    rows.set(data.subarray(row * dim, (row + 1) * dim), at * dim);
  }
  return { rows: chosen.length, dim, data: rows };
}

/** All rows of several matrices, one matrix below the other. @param matrices of one width, at least one */
export function joined(matrices: readonly [FeatureMatrix, ...FeatureMatrix[]]): FeatureMatrix {
  const rows = matrices.reduce((sum, one) => sum + one.rows, 0);
  const [{ dim }] = matrices;
  const data = new Float32Array(rows * dim);
  let at = 0;
  for (const one of matrices) {
    data.set(one.data, at);
    at += one.data.length;
  }
  return { rows, dim, data };
}
