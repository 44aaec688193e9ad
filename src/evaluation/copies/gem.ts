/** Descriptors of whole images for finding copies: facebookresearch/dino's eval_copy_detection.py. */

const EXPONENT = 4;
/** Smaller values count as this much: negative ones as nothing. */
const LEAST = 1e-6;

/** The last block's tokens of images, through the final norm. */
interface Tokens {
  /** [images, dim] */
  readonly cls: Float32Array;
  /** [images, patches, dim] */
  readonly patches: Float32Array;
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
export function copyDescriptors({ cls, patches, dim }: Tokens): Float32Array {
  const images = cls.length / dim;
  const size = patches.length / images;
  const descriptors = new Float32Array(images * 2 * dim);
  for (let image = 0; image < images; image++) {
    descriptors.set(cls.subarray(image * dim, (image + 1) * dim), 2 * image * dim);
    const mean = generalizedMean(patches.subarray(image * size, (image + 1) * size), dim);
    descriptors.set(mean, (2 * image + 1) * dim);
  }
  return descriptors;
}
