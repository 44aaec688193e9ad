/**
 * Weighted k-nearest-neighbor classification of features, the protocol of facebookresearch/dino's eval_knn.py: similarity is
 * the dot product of L2-normalized features, each of the k nearest training images votes for its class with
 * exp(similarity / temperature).
 */

/** A matrix of features, one image a row. */
export interface FeatureMatrix {
  readonly rows: number;
  readonly dim: number;
  /** [rows, dim], row-major. */
  readonly data: Float32Array;
}

export interface KnnOptions {
  readonly train: FeatureMatrix;
  /** [train.rows], classes counted from 0. */
  readonly trainLabels: Int32Array;
  readonly test: FeatureMatrix;
  readonly testLabels: Int32Array;
  readonly ks: readonly number[];
  readonly temperature?: number;
}

export interface KnnAccuracy {
  readonly k: number;
  /** Percent of the test images. */
  readonly top1: number;
  /** Percent of the test images whose class is among the five (or k, if fewer) with the most votes. */
  readonly top5: number;
}

/** The `nb_knn` and `temperature` that eval_knn.py uses when none are given. */
export const DEFAULT_KS: readonly number[] = [10, 20, 100, 200];
const DEFAULT_TEMPERATURE = 0.07;

/** Training rows that are read together for a block of test rows: about the size of a second-level cache. */
const BLOCK_FLOATS = 65_536;

/**
 * Accuracy for each k. Features are taken as they are: see `normalizeRows`.
 * Ties, between neighbors and between classes, go to the smaller index.
 */
export function knnAccuracies(options: KnnOptions): KnnAccuracy[] {
  const { train, trainLabels, test, testLabels, ks, temperature = DEFAULT_TEMPERATURE } = options;
  if (train.dim !== test.dim) {
    throw new Error(`the training features have ${train.dim} dimensions and the test features ${test.dim}`);
  }
  for (const k of ks) {
    if (!Number.isInteger(k) || k < 1 || k > train.rows) {
      throw new Error(
        `k-NN needs k to be a whole number from 1 to ${train.rows}, the number of training images; got ${k}`,
      );
    }
  }
  if (test.rows === 0) throw new Error('k-NN needs at least one test image');

  const classes = 1 + Math.max(maximum(trainLabels), maximum(testLabels));
  const hits = ks.map(() => ({ top1: 0, top5: 0 }));
  const votes = new Float64Array(classes);

  forEachNeighborhood(train, test, Math.max(...ks), (row, neighbors, similarities) => {
    const target = testLabels[row] ?? -1;
    ks.forEach((k, index) => {
      votes.fill(0);
      for (let rank = 0; rank < k; rank++) {
        const label = trainLabels[neighbors[rank] ?? 0] ?? 0;
        votes[label] = (votes[label] ?? 0) + Math.exp((similarities[rank] ?? 0) / temperature);
      }
      const place = placeOf(target, votes);
      const hit = hits[index];
      if (hit === undefined) return;
      if (place < 1) hit.top1++;
      if (place < Math.min(5, k)) hit.top5++;
    });
  });

  return ks.map((k, index) => ({
    k,
    top1: ((hits[index]?.top1 ?? 0) * 100) / test.rows,
    top5: ((hits[index]?.top5 ?? 0) * 100) / test.rows,
  }));
}

/** L2-normalizes each row in place, as torch.nn.functional.normalize does (a row of zeros stays zeros). */
export function normalizeRows({ rows, dim, data }: FeatureMatrix): void {
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * dim, (row + 1) * dim);
    const norm = Math.max(Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)), 1e-12);
    for (let i = 0; i < dim; i++) values[i] = (values[i] ?? 0) / norm;
  }
}

/** Calls `visit` for each test row with its k most similar training rows, most similar first. The arrays are reused. */
function forEachNeighborhood(
  train: FeatureMatrix,
  test: FeatureMatrix,
  k: number,
  visit: (row: number, neighbors: Int32Array, similarities: Float32Array) => void,
): void {
  const blockRows = Math.max(1, Math.floor(BLOCK_FLOATS / train.dim));
  const similarities = new Float32Array(blockRows * train.rows);
  const nearest = new Int32Array(k);
  const nearestSimilarities = new Float32Array(k);
  for (let start = 0; start < test.rows; start += blockRows) {
    const count = Math.min(blockRows, test.rows - start);
    multiplyTransposed(test.data, start, count, train, similarities);
    for (let row = 0; row < count; row++) {
      const candidates = similarities.subarray(row * train.rows, (row + 1) * train.rows);
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

/** The largest values and their indices, descending; among equals the smaller index first. */
function selectLargest(values: Float32Array, indices: Int32Array, largest: Float32Array): void {
  const k = indices.length;
  let filled = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (filled === k && value <= (largest[k - 1] as number)) continue;
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

/** How many classes come before this one when they are sorted by votes, most first. */
function placeOf(target: number, votes: Float64Array): number {
  const own = votes[target] ?? 0;
  let before = 0;
  for (let label = 0; label < votes.length; label++) {
    const vote = votes[label] ?? 0;
    if (vote > own || (vote === own && label < target)) before++;
  }
  return before;
}

const maximum = (values: Int32Array): number => values.reduce((largest, value) => Math.max(largest, value), 0);
