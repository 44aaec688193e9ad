/** What a probe of a network in training measures: how its features tell a small, fixed sample of images apart. */
import { nearestNeighbors } from '../projection/neighbors.js';
import { type FeatureMatrix, normalizeRows } from './knn.js';
import { votedClasses } from './neighborVotes.js';

/** Neighbors that vote for an image's class. */
const PROBE_K = 20;
/** A crop has found its image when it is among this share of all images, the nearest ones: of 512 images 25. */
const NEAR_SHARE = 0.05;
/** Neighbors that are compared with those of the probe before. */
const STABILITY_K = 10;

export interface ProbeFeatures {
  /** [images, dim]: features of the whole images. */
  readonly whole: FeatureMatrix;
  /** [images, dim]: of one random crop of each. */
  readonly crops: FeatureMatrix;
}

export interface ProbeMeasures {
  /** Percent of the images with a class whose {@link PROBE_K} nearest others vote for it; absent without two classes. */
  readonly knn?: number;
  /** Percent of the crops that have their own image among the twentieth of all images that is nearest to them. */
  readonly viewAgreement: number;
  /** Percent of each image's nearest neighbors that were among them before; absent without a probe before. */
  readonly neighborStability?: number;
  /** The same, of the untrained network's neighbors; absent where these are not known. */
  readonly untrainedNeighbors?: number;
  /** [images, k]: to be given to the next probe. */
  readonly neighbors: Int32Array;
}

/**
 * Normalizes the rows in place, and measures.
 * @param labels the class of each image, -1 where it has none
 * @param known the neighbors of the same images in the probe before, and by the untrained network
 * @throws RangeError with fewer than 2 images
 */
export async function measureProbe(
  { whole, crops }: ProbeFeatures,
  labels: Int32Array,
  { before, untrained }: { readonly before?: Int32Array | undefined; readonly untrained?: Int32Array | undefined } = {},
): Promise<ProbeMeasures> {
  normalizeRows(whole);
  normalizeRows(crops);
  const nearest = await nearestNeighbors(whole, Math.min(PROBE_K, whole.rows - 1), () => Promise.resolve());
  const knn = leaveOneOutAccuracy(votedClasses(nearest, labels), labels);
  const neighbors = firstOfRows(nearest.indices, nearest.k, Math.min(STABILITY_K, nearest.k));
  return {
    ...(knn !== undefined && { knn }),
    viewAgreement: ownImageShare(crops, whole),
    ...(before !== undefined && { neighborStability: keptShare(before, neighbors, whole.rows) }),
    ...(untrained !== undefined && { untrainedNeighbors: keptShare(untrained, neighbors, whole.rows) }),
    neighbors,
  };
}

function leaveOneOutAccuracy(voted: Int32Array, labels: Int32Array): number | undefined {
  const labeled = labels.filter((label) => label >= 0);
  if (new Set(labeled).size < 2) return undefined;
  const hits = voted.filter((label, row) => label >= 0 && label === labels[row]);
  return (100 * hits.length) / labeled.length;
}

/** Of two images that are equally near, neither counts: where all features are the same, no crop finds its image. */
function ownImageShare(crops: FeatureMatrix, whole: FeatureMatrix): number {
  const most = NEAR_SHARE * whole.rows;
  let hits = 0;
  for (let row = 0; row < crops.rows; row++) {
    const own = product(crops, row, whole, row);
    let nearer = 0;
    for (let other = 0; other < whole.rows && nearer < most; other++)
      if (other !== row && product(crops, row, whole, other) >= own) nearer++;
    if (nearer < most) hits++;
  }
  return (100 * hits) / crops.rows;
}

function product(one: FeatureMatrix, row: number, two: FeatureMatrix, other: number): number {
  let sum = 0;
  for (let d = 0; d < one.dim; d++)
    sum += (one.data[row * one.dim + d] as number) * (two.data[other * two.dim + d] as number);
  return sum;
}

function firstOfRows(indices: Int32Array, k: number, count: number): Int32Array {
  return indices.filter((_, at) => at % k < count);
}

function keptShare(before: Int32Array, now: Int32Array, rows: number): number {
  const k = now.length / rows;
  let kept = 0;
  for (let row = 0; row < rows; row++) {
    const old = new Set(before.subarray(row * k, (row + 1) * k));
    for (const other of now.subarray(row * k, (row + 1) * k)) if (old.has(other)) kept++;
  }
  return (100 * kept) / now.length;
}
