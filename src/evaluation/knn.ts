/**
 * Weighted k-nearest-neighbor classification of features, the protocol of facebookresearch/dino's eval_knn.py: similarity is
 * the dot product of L2-normalized features, each of the k nearest training images votes for its class with
 * exp(similarity / temperature).
 */
import type { NearestRows } from './engineNeighbors.js';
import { forEachNeighborhood } from './neighborhoods.js';

/** A matrix of features, one image a row. */
export interface FeatureMatrix {
  readonly rows: number;
  readonly dim: number;
  /** [rows, dim], row-major. */
  readonly data: Float32Array;
}

export interface Neighbors {
  readonly train: FeatureMatrix;
  /** Absent: the training images themselves, each by the others (leave-one-out). */
  readonly test?: FeatureMatrix | undefined;
  /** Only these of the test images are looked at. */
  readonly range?: { readonly start: number; readonly end: number };
  readonly ks: readonly number[];
  readonly temperature?: number;
  /** What an engine has found already, of at least as many neighbors as the largest k. */
  readonly nearest?: NearestRows | undefined;
}

export interface KnnOptions extends Neighbors {
  /** [train.rows], classes counted from 0. */
  readonly trainLabels: Int32Array;
  /** Absent with `test`. */
  readonly testLabels?: Int32Array | undefined;
  /** When left out: as many as the labels need. */
  readonly classes?: number;
  /**
   * Whether classes without votes come behind the others in order of their number, as in eval_knn.py when it is given few classes; with the
   * 1000 that it has by default they are never among the first.
   */
  readonly ranksVoteless?: boolean;
}

export interface KnnAccuracy {
  readonly k: number;
  /** Percent of the test images that are looked at. */
  readonly top1: number;
  /** Percent of the test images whose class is among the five (or k, if fewer) with the most votes. */
  readonly top5: number;
  /** [test images], the class with the most votes. */
  readonly predicted: Int32Array;
}

/** The `nb_knn` and `temperature` that eval_knn.py uses when none are given. */
export const DEFAULT_KS: readonly number[] = [10, 20, 100, 200];
const DEFAULT_TEMPERATURE = 0.07;
/** The k whose result stands for all: the original's report, and a training's `knn_k`. */
const USUAL_K = 20;

/** The default ones that a small data set has images for, or else all of its images. @param most neighbors that there are */
export function fittingKs(most: number): readonly number[] {
  const fitting = DEFAULT_KS.filter((k) => k <= most);
  return fitting.length > 0 ? fitting : [most];
}

/** As the k-NN of a training: of 20 neighbors where so many were asked for, else of the fewest; never of what the test images prefer. */
export function ofUsualK<Result>(byK: Readonly<Record<string, Result>>): Result {
  const found = byK[USUAL_K] ?? byK[Math.min(...Object.keys(byK).map(Number))];
  if (found === undefined) throw new Error('the result of k-NN has none of any k');
  return found;
}

/** @throws Error when there is no other image that could tell of one */
export function requireOthers(title: string, { path, size }: { readonly path: string; readonly size: number }): void {
  if (size < 2)
    throw new Error(`${title} needs two images or more, each to be tested by the others; ${path} has ${size}.`);
}

/**
 * Accuracy for each k. Features are taken as they are: see `normalizeRows`.
 * Ties, between neighbors and between classes, go to the smaller index.
 */
export function knnAccuracies(options: KnnOptions): KnnAccuracy[] {
  const { trainLabels, ks, ranksVoteless = false } = options;
  const testLabels = options.test === undefined ? trainLabels : (options.testLabels ?? new Int32Array());
  const classes = options.classes ?? 1 + Math.max(maximum(trainLabels), maximum(testLabels));
  const counted = ks.map((k) => ({ k, top1: 0, top5: 0, predicted: new Int32Array(testLabels.length) }));
  forEachVote({ ...options, classes }, (row, index, votes) => {
    const of = counted[index];
    if (of === undefined) return;
    const [first = 0] = mostVoted(votes, 1);
    of.predicted[row] = first;
    const target = testLabels[row] ?? -1;
    if (first === target) of.top1++;
    const isVoted = ranksVoteless || votes[target] !== 0;
    if (isVoted && placeOf(target, votes) < Math.min(5, of.k)) of.top5++;
  });
  const { start, end } = options.range ?? { start: 0, end: testLabels.length };
  const percent = (hits: number) => (hits * 100) / (end - start);
  return counted.map(({ k, top1, top5, predicted }) => ({ k, top1: percent(top1), top5: percent(top5), predicted }));
}

/**
 * Calls `visit` for each test row and each k with the votes of every class. The array is reused.
 * @param visit takes the index of the k in `ks`
 * @internal for tests, which compare it with the original's
 */
export function forEachVote(
  options: Neighbors & { readonly trainLabels: Int32Array; readonly classes: number },
  visit: (row: number, index: number, votes: Float64Array) => void,
): void {
  const { trainLabels, classes, ks } = options;
  const votes = new Float64Array(classes);
  forEachWeighted(options, (row, neighbors, weights) => {
    ks.forEach((k, index) => {
      votes.fill(0);
      for (let rank = 0; rank < k; rank++) {
        const label = trainLabels[neighbors[rank] as number] as number;
        votes[label] = (votes[label] as number) + (weights[rank] as number);
      }
      visit(row, index, votes);
    });
  });
}

/**
 * Calls `visit` for each test row with its nearest training rows, as many as the largest k, and the weight of each one's vote. The arrays
 * are reused.
 * @throws Error with one sentence when there are too few images
 */
export function forEachWeighted(
  { train, test, ks, range, temperature = DEFAULT_TEMPERATURE, nearest }: Neighbors,
  visit: (row: number, neighbors: Int32Array, weights: Float64Array) => void,
): void {
  requireImages(train, test, ks);
  const most = Math.max(...ks);
  const weights = new Float64Array(most);
  const weighed = (row: number, neighbors: Int32Array, similarities: Float32Array) => {
    for (let rank = 0; rank < most; rank++) weights[rank] = Math.exp((similarities[rank] as number) / temperature);
    visit(row, neighbors, weights);
  };
  if (nearest === undefined)
    forEachNeighborhood({ train, test: test ?? train, k: most, leaveOneOut: test === undefined, ...range }, weighed);
  else forEachFound(nearest, range ?? { start: 0, end: nearest.rows.length / nearest.k }, weighed);
}

function forEachFound(
  { k, rows, similarities }: NearestRows,
  { start, end }: { readonly start: number; readonly end: number },
  visit: (row: number, neighbors: Int32Array, similarities: Float32Array) => void,
): void {
  for (let row = start; row < end; row++)
    visit(row, rows.subarray(row * k, (row + 1) * k), similarities.subarray(row * k, (row + 1) * k));
}

function requireImages(train: FeatureMatrix, test: FeatureMatrix | undefined, ks: readonly number[]): void {
  if (test !== undefined && train.dim !== test.dim)
    throw new Error(`the training features have ${train.dim} dimensions and the test features ${test.dim}`);
  requireNeighbors(train.rows, test?.rows, ks);
}

/** @param test absent: each image is tested by the others @throws Error with one sentence when there are too few images */
export function requireNeighbors(train: number, test: number | undefined, ks: readonly number[]): void {
  if (test === 0) throw new Error('k-NN needs at least one test image');
  // Left out itself, an image has one neighbor less.
  const most = test === undefined ? train - 1 : train;
  for (const k of ks) {
    if (Number.isInteger(k) && k >= 1 && k <= most) continue;
    const which = test === undefined ? 'the number of other images' : 'the number of training images';
    throw new Error(`k-NN needs k to be a whole number from 1 to ${most}, ${which}; got ${k}`);
  }
}

/**
 * The classes with the most votes, most first; those without votes in order of their number.
 * @internal for tests, which compare it with the original's
 */
export function mostVoted(votes: Float64Array, count: number): number[] {
  const best: number[] = [];
  for (let label = 0; label < votes.length; label++) {
    const vote = votes[label] as number;
    let place = best.length;
    while (place > 0 && (votes[best[place - 1] as number] as number) < vote) place--;
    if (place === count) continue;
    best.splice(place, 0, label);
    if (best.length > count) best.pop();
  }
  return best;
}

/** L2-normalizes each row in place, as torch.nn.functional.normalize does (a row of zeros stays zeros). */
export function normalizeRows({ rows, dim, data }: FeatureMatrix): void {
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * dim, (row + 1) * dim);
    const norm = Math.max(Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)), 1e-12);
    for (let i = 0; i < dim; i++) values[i] = (values[i] ?? 0) / norm;
  }
}

/** How many classes come before this one when they are sorted by votes, most first. */
function placeOf(target: number, votes: Float64Array): number {
  const own = votes[target] ?? 0;
  let before = 0;
  for (let label = 0; label < votes.length; label++) {
    const vote = votes[label] as number;
    if (vote > own || (vote === own && label < target)) before++;
  }
  return before;
}

const maximum = (values: Int32Array): number => values.reduce((largest, value) => Math.max(largest, value), 0);
