/** How much of the neighborhoods a layout keeps. */
import type { Matrix } from '../../../src/projection/matrix.js';

interface Quality {
  /** Venna and Kaski's, as scikit-learn's `trustworthiness`: 1 when no point has neighbors in the plot that it has not in the features. */
  readonly trustworthiness: number;
  /** The share of the k nearest in the features that are among the k nearest in the plot. */
  readonly preservation: number;
}

/** Looks at all pairs: for some thousands of rows. */
export function layoutQuality(features: Matrix, layout: Float32Array, k: number): Quality {
  const { rows } = features;
  const plane: Matrix = { rows, dim: 2, data: layout };
  let penalty = 0;
  let kept = 0;
  const ranks = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    orderedByDistance(features, row).forEach((other, rank) => {
      ranks[other] = rank + 1;
    });
    for (const other of orderedByDistance(plane, row).subarray(0, k)) {
      const rank = ranks[other] as number;
      if (rank > k) penalty += rank - k;
      else kept++;
    }
  }
  const trustworthiness = 1 - (penalty * 2) / (rows * k * (2 * rows - 3 * k - 1));
  return { trustworthiness, preservation: kept / (rows * k) };
}

/** All rows but this one, the nearest first. */
function orderedByDistance({ rows, dim, data }: Matrix, row: number): Int32Array {
  const distances = new Float64Array(rows);
  for (let other = 0; other < rows; other++) {
    let sum = 0;
    for (let d = 0; d < dim; d++) sum += ((data[row * dim + d] as number) - (data[other * dim + d] as number)) ** 2;
    distances[other] = sum;
  }
  const others = Int32Array.from({ length: rows - 1 }, (_, i) => (i < row ? i : i + 1));
  return others.sort((one, other) => (distances[one] as number) - (distances[other] as number));
}
