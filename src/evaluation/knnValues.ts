/** k-NN regression: the k nearest training images say what value a test image has, each with the weight of its vote (`knn.ts`). */
import { forEachWeighted, type Neighbors } from './knn.js';

export interface KnnPrediction {
  readonly k: number;
  /** [test images] */
  readonly predicted: Float64Array;
}

/** The weighted mean of the neighbors' values, for each k. @param values [training images] */
export function knnValues(options: Neighbors & { readonly values: Float64Array }): KnnPrediction[] {
  const { values, ks, train, test } = options;
  const all = ks.map((k) => ({ k, predicted: new Float64Array((test ?? train).rows) }));
  forEachWeighted(options, (row, neighbors, weights) => {
    for (const { k, predicted } of all) {
      let [sum, total] = [0, 0];
      for (let rank = 0; rank < k; rank++) {
        const weight = weights[rank] as number;
        sum += weight * (values[neighbors[rank] as number] as number);
        total += weight;
      }
      predicted[row] = sum / total;
    }
  });
  return all;
}

export interface RegressionErrors {
  /** Mean absolute error, in the unit of the values. */
  readonly mae: number;
  /** Coefficient of determination: 1 is exact, 0 as good as the mean of the truths; null where these are all the same. */
  readonly r2: number | null;
}

export function regressionErrors(predicted: Float64Array, truths: Float64Array): RegressionErrors {
  const mean = truths.reduce((sum, value) => sum + value, 0) / truths.length;
  let [absolute, squared, spread] = [0, 0, 0];
  truths.forEach((truth, row) => {
    const error = (predicted[row] as number) - truth;
    absolute += Math.abs(error);
    squared += error ** 2;
    spread += (truth - mean) ** 2;
  });
  return { mae: absolute / truths.length, r2: spread === 0 ? null : 1 - squared / spread };
}
