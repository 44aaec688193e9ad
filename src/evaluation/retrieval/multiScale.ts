/** Descriptors from an image at three sizes: `multi_scale` of facebookresearch/dino's utils.py, which its retrieval script uses. */
import { interpolateBilinear, type Planes } from '../../data/bilinear.js';

export const SCALES: readonly number[] = [1, Math.SQRT1_2, 0.5];

/**
 * The image at a scale: bilinear without antialiasing. Sides are rounded down, while sampling steps by exactly 1 / scale.
 * @param image normalized, [channels, height, width]
 * @throws Error when nothing is left of a side
 */
export function atScale(image: Planes, scale: number): Planes & { readonly data: Float32Array } {
  const height = Math.floor(image.height * scale);
  const width = Math.floor(image.width * scale);
  if (height < 1 || width < 1)
    throw new Error(`nothing is left of ${image.width} x ${image.height} pixels at a scale of ${scale}`);
  const step = 1 / scale;
  const data =
    scale === 1 ? Float32Array.from(image.data) : interpolateBilinear(image, { height, width }, { y: step, x: step });
  return { data, planes: image.planes, height, width };
}

/**
 * One descriptor of the features at all scales: they are summed as the network gives them, not each scaled to length 1, and the sum is
 * divided by its norm. The original divides a batch of several images by the norm of the whole batch, but its script has batches of one.
 * @param features one array a scale, all of the same length
 */
export function multiScaleDescriptor(features: readonly Float32Array[]): Float32Array {
  const sum = Float64Array.from(features[0] ?? []);
  for (const more of features.slice(1))
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (more[i] as number);
  const norm = Math.sqrt(sum.reduce((squares, value) => squares + value * value, 0));
  return Float32Array.from(sum, (value) => (norm === 0 ? 0 : value / norm));
}
