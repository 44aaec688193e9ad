/** The nearest training rows of test rows, by the dot product of their features. */
import type { FeatureMatrix } from './knn.js';

/** Training rows that are read together for a block of test rows: about the size of a second-level cache. */
const BLOCK_FLOATS = 65_536;

export interface Neighborhoods {
  readonly train: FeatureMatrix;
  readonly test: FeatureMatrix;
  readonly k: number;
  readonly leaveOneOut?: boolean;
  /** Of the test rows; when left out: all. */
  readonly start?: number;
  readonly end?: number;
}

/**
 * Calls `visit` for each test row with its k most similar training rows, the most similar first; among equals the smaller index. The
 * arrays are reused.
 * @param leaveOneOut the test rows are the training rows, and none is its own neighbor
 */
export function forEachNeighborhood(
  { train, test, k, leaveOneOut = false, start: first = 0, end = test.rows }: Neighborhoods,
  visit: (row: number, neighbors: Int32Array, similarities: Float32Array) => void,
): void {
  const blockRows = Math.max(1, Math.min(end - first, Math.floor(BLOCK_FLOATS / train.dim)));
  const similarities = new Float32Array(blockRows * train.rows);
  const nearest = new Int32Array(k);
  const nearestSimilarities = new Float32Array(k);
  for (let start = first; start < end; start += blockRows) {
    const count = Math.min(blockRows, end - start);
    multiplyTransposed(test.data, start, count, train, similarities);
    for (let row = 0; row < count; row++) {
      const candidates = similarities.subarray(row * train.rows, (row + 1) * train.rows);
      if (leaveOneOut) candidates[start + row] = Number.NEGATIVE_INFINITY;
      selectLargest(candidates, nearest, nearestSimilarities);
      visit(start + row, nearest, nearestSimilarities);
    }
  }
}

/**
 * out[i, j] = <queries[start + i], train[j]>, four training rows at a time so that each query value is read once for four
 * products. Sums are kept in float64 and rounded once.
 */
function multiplyTransposed(
  queries: Float32Array,
  start: number,
  count: number,
  train: FeatureMatrix,
  out: Float32Array,
): void {
  const { rows, dim, data } = train;
  for (let j = 0; j < rows; j += 4) {
    const base = j * dim;
    // Past the last row the products are of no use: they are computed on the last row again and not stored.
    const offset1 = Math.min(j + 1, rows - 1) * dim - base;
    const offset2 = Math.min(j + 2, rows - 1) * dim - base;
    const offset3 = Math.min(j + 3, rows - 1) * dim - base;
    for (let i = 0; i < count; i++) {
      const query = (start + i) * dim;
      let sum0 = 0;
      let sum1 = 0;
      let sum2 = 0;
      let sum3 = 0;
      for (let d = 0; d < dim; d++) {
        const value = queries[query + d] as number;
        const at = base + d;
        sum0 += value * (data[at] as number);
        sum1 += value * (data[at + offset1] as number);
        sum2 += value * (data[at + offset2] as number);
        sum3 += value * (data[at + offset3] as number);
      }
      const place = i * rows + j;
      out[place] = sum0;
      if (j + 1 < rows) out[place + 1] = sum1;
      if (j + 2 < rows) out[place + 2] = sum2;
      if (j + 3 < rows) out[place + 3] = sum3;
    }
  }
}

/**
 * The largest values and their indices, descending; among equals the smaller index first. Two passes over all values leave few that are
 * sorted: the k-th largest of many groups' maxima is a bound that at least k values reach.
 */
function selectLargest(values: Float32Array, indices: Int32Array, largest: Float32Array): void {
  const k = indices.length;
  const bound = reachedBy(values, k);
  let filled = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (value < bound || (filled === k && value <= (largest[k - 1] as number))) continue;
    let low = 0;
    let high = filled;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((largest[middle] as number) >= value) low = middle + 1;
      else high = middle;
    }
    const end = Math.min(filled, k - 1);
    largest.copyWithin(low + 1, low, end);
    indices.copyWithin(low + 1, low, end);
    largest[low] = value;
    indices[low] = index;
    if (filled < k) filled++;
  }
}

/** Groups of values for each one that is wanted: the more, the fewer values reach the bound. */
const GROUPS = 4;

/** A bound that at least k values reach. */
function reachedBy(values: Float32Array, k: number): number {
  const groups = GROUPS * k;
  const size = Math.floor(values.length / groups);
  if (size < GROUPS) return Number.NEGATIVE_INFINITY;
  const maxima = new Float32Array(groups);
  for (let group = 0; group < groups; group++) {
    let most = Number.NEGATIVE_INFINITY;
    for (let index = group * size; index < (group + 1) * size; index++) {
      const value = values[index] as number;
      if (value > most) most = value;
    }
    maxima[group] = most;
  }
  return maxima.sort()[groups - k] as number;
}
