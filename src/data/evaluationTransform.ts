/** How images are prepared when nothing is random: for features, and for attention maps. */

import type { Image } from './image.js';
import { normalize } from './normalize.js';
import { type Box, type Kernel, resample } from './resample.js';

/** A prepared image. */
export interface EvaluationInput {
  /** [channels, height, width], normalized by ImageNet's statistics. */
  readonly input: Float32Array;
  /** The same pixels before that, [height, width, channels], 8-bit. */
  readonly pixels: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/**
 * The original's transform of eval_knn.py and eval_linear.py: the shorter side resized to 256/224 of `size`, bicubic, then the central
 * square of `size` pixels. An image that is no larger than `size` (MNIST's, CIFAR's) is resized to `size` itself, as is usual there:
 * it has no margin to cut off.
 */
export function evaluationInput(image: Image, size: number): EvaluationInput {
  const isSmall = Math.min(image.width, image.height) <= size;
  const shorter = isSmall ? size : Math.round((size * 256) / 224);
  const wide = image.width > image.height;
  const width = wide ? Math.trunc((shorter * image.width) / image.height) : shorter;
  const height = wide ? shorter : Math.trunc((shorter * image.height) / image.width);
  const window = {
    left: roundHalfToEven((width - size) / 2),
    top: roundHalfToEven((height - size) / 2),
    width: size,
    height: size,
  };
  return prepare(image, width, height, window, 'bicubic');
}

/** At this side even patches of 64 pixels make 16,384 tokens, and as many attend to each. */
const MAX_SIDE = 8192;

/**
 * The original's transform of visualize_attention.py: resized to a square of `side` pixels (bilinear, aspect ratio not kept), then cut at
 * the right and bottom to a multiple of the patch size.
 * @param region the part of the image that is looked at; absent: all of it
 * @throws Error when not even one patch fits, or the square is larger than any network could look at
 */
export function attentionInput(image: Image, side: number, patchSize: number, region?: Box): EvaluationInput {
  const kept = side - (side % patchSize);
  if (kept <= 0) throw new Error(`A resolution of ${side} pixels is smaller than one patch of ${patchSize} pixels.`);
  if (side > MAX_SIDE) throw new Error(`A resolution of ${side} pixels is too high: the most is ${MAX_SIDE}.`);
  return prepare(image, side, side, { left: 0, top: 0, width: kept, height: kept }, 'bilinear', region);
}

function prepare(
  image: Image,
  width: number,
  height: number,
  window: { left: number; top: number; width: number; height: number },
  kernel: Kernel,
  box: Box = { left: 0, top: 0, width: image.width, height: image.height },
): EvaluationInput {
  const { channels } = image;
  const area = window.width * window.height;
  const pixels = new Uint8ClampedArray(area * channels);
  resample(image, { box, width, height, window, kernel }, pixels);
  const input = new Float32Array(area * channels);
  normalize(pixels, channels, area, input, 0);
  return { input, pixels, width: window.width, height: window.height, channels };
}

/** Python's `round`, by which torchvision places a center crop. */
function roundHalfToEven(value: number): number {
  const rounded = Math.round(value);
  return value % 1 === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}
