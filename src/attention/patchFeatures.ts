/** The patch features of an image as plain data, and how similar they are: within an image, and between images. */
export interface PatchFeatures {
  readonly rows: number;
  readonly columns: number;
  /** Width of a feature. */
  readonly dim: number;
  /** [rows * columns, dim], patches in reading order, after the network's final norm; CLS and registers are not among them. */
  readonly features: Float32Array;
}

/** The same features, each divided by its Euclidean norm; one that is all zeros stays so. */
export function unitFeatures({ dim, features }: Pick<PatchFeatures, 'dim' | 'features'>): Float32Array {
  const units = new Float32Array(features.length);
  for (let start = 0; start < features.length; start += dim) {
    let square = 0;
    for (let at = start; at < start + dim; at++) square += (features[at] as number) ** 2;
    if (square === 0) continue;
    const norm = Math.sqrt(square);
    for (let at = start; at < start + dim; at++) units[at] = (features[at] as number) / norm;
  }
  return units;
}

/**
 * The cosine similarity of a patch to each patch of an image, -1 to 1; 0 where a feature is all zeros. The image may be another one than
 * the patch's.
 * @param units [patches, dim], as {@link unitFeatures} gives them
 * @param asked the patch's row of such a matrix, [dim]
 */
export function patchSimilarities(units: Float32Array, asked: Float32Array): Float32Array {
  const dim = asked.length;
  if (dim === 0 || units.length % dim !== 0)
    throw new Error(`features of ${dim} numbers cannot be compared with ${units.length} numbers of patches`);
  const similarities = new Float32Array(units.length / dim);
  for (let patch = 0; patch < similarities.length; patch++) {
    const start = patch * dim;
    let product = 0;
    for (let i = 0; i < dim; i++) product += (units[start + i] as number) * (asked[i] as number);
    similarities[patch] = Math.min(1, Math.max(-1, product));
  }
  return similarities;
}

/** @throws Error for a patch that is not there */
export function unitOf(units: Float32Array, dim: number, patch: number): Float32Array {
  const patches = units.length / dim;
  if (!(Number.isInteger(patch) && patch >= 0 && patch < patches))
    throw new Error(`there are ${patches} patches, so patch ${patch} has no feature`);
  return units.subarray(patch * dim, (patch + 1) * dim);
}

/** The first of the most similar patches. @throws Error when there is none */
export function mostSimilarPatch(similarities: Float32Array): number {
  let best = 0;
  for (let patch = 1; patch < similarities.length; patch++) {
    if ((similarities[patch] as number) > (similarities[best] as number)) best = patch;
  }
  if (similarities.length === 0) throw new Error('there are no patches to choose from');
  return best;
}

/** The colors of an image's patches by their principal components; see `patchColors` for the rules. */
export interface PatchColors {
  /** [rows * columns, 3], 8-bit RGB, of all patches, the background's too. */
  readonly colors: Uint8Array;
  /** [rows * columns], 1 for a patch of the foreground, else 0. */
  readonly foreground: Uint8Array;
}
