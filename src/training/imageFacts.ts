/** What a sample of the images says about the data set: facts that no training can make up for. */
import type { ImageFacts } from '../runs/run.js';
import { median } from '../statistics/median.js';
import type { ProbeSample } from './probeSample.js';

/** Side in cells of the thumbnails by which images are compared. */
const CELLS = 8;
/** Mean difference of two thumbnails, in levels of 255, up to which the images are the same to the eye. */
const ALIKE_LEVELS = 2;
/** Standard deviation of an image's pixels, in levels, up to which there is nothing to see. */
const BLANK_LEVELS = 2;

export function imageFacts({ images, whole, sizes, labels }: ProbeSample, channels: number): ImageFacts {
  const thumbnails = whole.map((pixels) => thumbnail(pixels, channels));
  const sides = sizes.map(({ width, height }) => Math.min(width, height));
  return {
    images,
    blank: whole.filter(isBlank).length,
    alike: thumbnails.filter((own, i) => thumbnails.some((other, j) => i !== j && areAlike(own, other))).length,
    medianSide: sides.length === 0 ? 0 : median(sides),
    largestClass: largestClass(labels),
  };
}

/** Means over a grid of cells, channel by channel. */
function thumbnail(pixels: Uint8ClampedArray, channels: number): Float64Array {
  const side = Math.sqrt(pixels.length / channels);
  const sums = new Float64Array(CELLS * CELLS * channels);
  const counts = new Float64Array(sums.length);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const cell = Math.floor((y * CELLS) / side) * CELLS + Math.floor((x * CELLS) / side);
      for (let c = 0; c < channels; c++) {
        const at = cell * channels + c;
        sums[at] = (sums[at] as number) + (pixels[(y * side + x) * channels + c] as number);
        counts[at] = (counts[at] as number) + 1;
      }
    }
  }
  // A side of fewer pixels than cells leaves some empty.
  return sums.map((sum, at) => sum / Math.max(1, counts[at] as number));
}

function areAlike(one: Float64Array, other: Float64Array): boolean {
  let difference = 0;
  const most = ALIKE_LEVELS * one.length;
  for (let at = 0; at < one.length && difference <= most; at++)
    difference += Math.abs((one[at] as number) - (other[at] as number));
  return difference <= most;
}

function isBlank(pixels: Uint8ClampedArray): boolean {
  const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  const variance = pixels.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pixels.length;
  return Math.sqrt(variance) <= BLANK_LEVELS;
}

/** Images of the class that has most; 0 without classes. */
function largestClass(labels: Int32Array): number {
  const counts = new Map<number, number>();
  for (const label of labels) if (label >= 0) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}
