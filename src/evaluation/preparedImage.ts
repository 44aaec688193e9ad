/** Images as networks take them, without a crop. */
import type { Planes } from '../data/bilinear.js';
import type { Image } from '../data/image.js';
import { normalize } from '../data/normalize.js';
import { type Kernel, resample } from '../data/resample.js';

/** Normalized by ImageNet's statistics, [channels, height, width]. */
export function normalizedPlanes({ width, height, channels, data }: Image): Planes {
  const planes = new Float32Array(data.length);
  normalize(new Uint8ClampedArray(data.buffer, data.byteOffset, data.length), channels, width * height, planes, 0);
  return { data: planes, planes: channels, height, width };
}

export function resized(image: Image, width: number, height: number, kernel: Kernel): Image {
  if (width === image.width && height === image.height) return image;
  const { channels } = image;
  const pixels = new Uint8ClampedArray(width * height * channels);
  resample(
    image,
    { box: { left: 0, top: 0, width: image.width, height: image.height }, width, height, kernel },
    pixels,
  );
  return { width, height, channels, data: new Uint8Array(pixels.buffer) };
}

/**
 * Reduced so that neither side is longer than `longest`, as Pillow's `thumbnail` rounds the other side; smaller images stay.
 * (Pillow first reduces large images by a whole factor, which this does not.)
 */
export function thumbnail(image: Image, longest: number, kernel: Kernel): Image {
  const { width, height } = image;
  if (width <= longest && height <= longest) return image;
  const ratio = width / height;
  return ratio >= 1
    ? resized(
        image,
        longest,
        side(longest / ratio, (high) => Math.abs(ratio - longest / high)),
        kernel,
      )
    : resized(
        image,
        side(longest * ratio, (wide) => Math.abs(ratio - wide / longest)),
        longest,
        kernel,
      );
}

/** Of both whole numbers around `length` the one that keeps the ratio better. */
function side(length: number, error: (length: number) => number): number {
  const [lower, upper] = [Math.max(1, Math.floor(length)), Math.max(1, Math.ceil(length))];
  return error(upper) < error(lower) ? upper : lower;
}
