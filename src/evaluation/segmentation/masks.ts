/** Masks from attention in pixels, as facebookresearch/dino's visualize_attention.py makes them. */
import type { Size } from '../nearest.js';

/** Not even one patch fits into an image. */
export class TooSmallError extends Error {}

/** Right and bottom are cut to whole patches, before the network. @throws TooSmallError */
export function croppedSize({ width, height }: Size, patchSize: number): Size {
  const cropped = { width: width - (width % patchSize), height: height - (height % patchSize) };
  if (cropped.width === 0 || cropped.height === 0)
    throw new TooSmallError(`${width} x ${height} pixels are less than one patch of ${patchSize} pixels`);
  return cropped;
}

/**
 * The upper left part of an image or a truth.
 * @param values [height, width, channels]
 */
export function crop(values: Uint8Array, from: Size, to: Size, channels = 1): Uint8Array {
  const cropped = new Uint8Array(to.width * to.height * channels);
  for (let row = 0; row < to.height; row++) {
    const start = row * from.width * channels;
    cropped.set(values.subarray(start, start + to.width * channels), row * to.width * channels);
  }
  return cropped;
}

/**
 * Each patch's value in each of its pixels.
 * @param values [rows * columns]
 * @returns [rows * patchSize * columns * patchSize]
 */
export function perPixel(
  values: Uint8Array,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  patchSize: number,
): Uint8Array {
  const width = columns * patchSize;
  return Uint8Array.from({ length: rows * patchSize * width }, (_, pixel) => {
    const row = Math.floor(pixel / width / patchSize);
    return values[row * columns + Math.floor((pixel % width) / patchSize)] as number;
  });
}
