/** Descriptors of whole images for finding copies: facebookresearch/dino's eval_copy_detection.py. */

const EXPONENT = 4;
/** Smaller values count as this much: negative ones as nothing. */
const LEAST = 1e-6;

/** What the last block gives of images, each token through the final norm. */
interface Tokens {
  /** [images, 1 + patches, dim], the CLS token first. */
  readonly data: Float32Array;
  readonly images: number;
  readonly dim: number;
}

/** The generalized mean of each dimension over the patches, [dim]. @param patches [patches, dim] */
export function generalizedMean(patches: Float32Array, dim: number): Float64Array {
  const count = patches.length / dim;
  const mean = new Float64Array(dim);
  for (let i = 0; i < dim; i++) {
    let sum = 0;
    for (let patch = 0; patch < count; patch++) sum += Math.max(LEAST, patches[patch * dim + i] as number) ** EXPONENT;
    mean[i] = (sum / count) ** (1 / EXPONENT);
  }
  return mean;
}

/** The CLS token, then the generalized mean of the patches: [images, 2 * dim]. */
export function copyDescriptors({ data, images, dim }: Tokens): Float32Array {
  const size = data.length / images;
  const descriptors = new Float32Array(images * 2 * dim);
  for (let image = 0; image < images; image++) {
    const tokens = data.subarray(image * size, (image + 1) * size);
    descriptors.set(tokens.subarray(0, dim), 2 * image * dim);
    descriptors.set(generalizedMean(tokens.subarray(dim), dim), (2 * image + 1) * dim);
  }
  return descriptors;
}
