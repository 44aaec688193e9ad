/** Bicubic resampling of a line of positions, as PyTorch's `interpolate` weighs the samples. */
import type { PositionRule } from './spec.js';

/** [out, size] matrix that resamples a line of `size` samples to `out`. */
export function resamplingMatrix({ antialias, offset }: PositionRule, size: number, out: number): Float64Array {
  // PyTorch divides by the scale factor that it was given, (out + offset) / size.
  const scaleFactor = (out + offset) / size;
  const matrix = new Float64Array(out * size);
  for (let row = 0; row < out; row++) {
    const center = (row + 0.5) / scaleFactor;
    for (const [column, weight] of antialias ? cutTaps(center, 1 / scaleFactor, size) : repeatedTaps(center, size))
      matrix[row * size + column] = (matrix[row * size + column] ?? 0) + weight;
  }
  return matrix;
}

type Tap = readonly [column: number, weight: number];

/** The four nearest samples; those beyond the border are the border's (`upsample_bicubic2d`). */
function repeatedTaps(center: number, size: number): Tap[] {
  const position = center - 0.5;
  const floor = Math.floor(position);
  return cubicWeights(position - floor).map((weight, tap): Tap => {
    return [Math.min(Math.max(floor - 1 + tap, 0), size - 1), weight];
  });
}

/** Keys' cubic convolution with a = -0.75 for the four nearest samples. */
function cubicWeights(t: number): [number, number, number, number] {
  return [cubicFar(t + 1, -0.75), cubicNear(t, -0.75), cubicNear(1 - t, -0.75), cubicFar(2 - t, -0.75)];
}

/** All samples within two steps, none nearer than the samples' own distance; those beyond the border do not count (`_upsample_bicubic2d_aa`). */
function cutTaps(center: number, step: number, size: number): Tap[] {
  const width = Math.max(step, 1);
  const first = Math.max(Math.trunc(center - 2 * width + 0.5), 0);
  const end = Math.min(Math.trunc(center + 2 * width + 0.5), size);
  const weights = Array.from({ length: end - first }, (_, tap) => cubic((first + tap - center + 0.5) / width));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight, tap): Tap => [first + tap, weight / sum]);
}

/** With a = -0.5. */
function cubic(x: number): number {
  const distance = Math.abs(x);
  if (distance < 1) return cubicNear(distance, -0.5);
  return distance < 2 ? cubicFar(distance, -0.5) : 0;
}

/** Up to a sample away, and from there to two. */
const cubicNear = (x: number, a: number): number => ((a + 2) * x - (a + 3)) * x * x + 1;
const cubicFar = (x: number, a: number): number => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
