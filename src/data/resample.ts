/**
 * Antialiased resampling as Pillow's `Image.resize` does it, because the original's crops are made by Pillow: a separable convolution whose
 * kernel widens with the reduction, 22-bit fixed-point weights, and rounding to 8 bits between the horizontal and the vertical pass
 * (Pillow's Resample.c). Results are Pillow's to the bit.
 */
import type { Picture } from './picture.js';

/** A rectangle of pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export type Kernel = 'bicubic' | 'bilinear';

export interface Resampling {
  /** Part of the picture that is read; pixels outside never bleed in. */
  readonly box: Box;
  /** Size that the whole box is resized to. */
  readonly width: number;
  readonly height: number;
  readonly kernel: Kernel;
  /** Part of the resized box that is wanted, so that a crop of a huge resize costs what the crop costs. Absent: all of it. */
  readonly window?: Box;
  /** Mirror the result left to right. */
  readonly flipped?: boolean;
}

const PRECISION_BITS = 22;
const HALF = 1 << (PRECISION_BITS - 1);

const KERNELS: Readonly<Record<Kernel, { readonly support: number; readonly weight: (distance: number) => number }>> = {
  bilinear: { support: 1, weight: (distance) => Math.max(0, 1 - Math.abs(distance)) },
  bicubic: { support: 2, weight: catmullRom },
};

/** Keys' cubic with a = -1/2. */
function catmullRom(distance: number): number {
  const a = -0.5;
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/** Reused by every call of a thread: rows after the horizontal pass. */
let horizontal = new Uint8ClampedArray(0);

/**
 * Resizes a box of the picture.
 * @param into receives [window height, window width, channels], 8-bit; must be at least that long
 */
export function resample(picture: Picture, resampling: Resampling, into: Uint8ClampedArray): void {
  const { box, width, height, kernel, flipped = false } = resampling;
  const window = resampling.window ?? { left: 0, top: 0, width, height };
  const columns = weigh(box.width, width, window.left, window.width, kernel);
  const rows = weigh(box.height, height, window.top, window.height, kernel);
  const firstRow = rows.starts[0] ?? 0;
  const lastRow = (rows.starts[window.height - 1] ?? 0) + (rows.counts[window.height - 1] ?? 0);
  const stride = window.width * picture.channels;
  const needed = (lastRow - firstRow) * stride;
  if (horizontal.length < needed) horizontal = new Uint8ClampedArray(needed);

  const readBox = { left: box.left, top: box.top + firstRow, width: box.width, height: lastRow - firstRow };
  if (picture.channels === 3) resizeRowsOfRgb(picture, readBox, columns, flipped, horizontal);
  else resizeRowsOfGray(picture, readBox, columns, flipped, horizontal);
  resizeColumns(horizontal, stride, firstRow, rows, into);
}

/** For each output position: where its input pixels start, how many they are, and their fixed-point weights (`taps` places each). */
interface Weights {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly taps: number;
  readonly weights: Int32Array;
}

function weigh(inSize: number, outSize: number, first: number, count: number, kernelName: Kernel): Weights {
  const kernel = KERNELS[kernelName];
  const scale = inSize / outSize;
  const widening = Math.max(scale, 1);
  const support = kernel.support * widening;
  const taps = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(count);
  const counts = new Int32Array(count);
  const weights = new Int32Array(count * taps);
  const exact = new Float64Array(taps);
  for (let out = 0; out < count; out++) {
    const center = (first + out + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const reach = Math.min(inSize, Math.trunc(center + support + 0.5)) - start;
    let sum = 0;
    for (let tap = 0; tap < reach; tap++) {
      const weight = kernel.weight((tap + start - center + 0.5) / widening);
      exact[tap] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < reach; tap++) {
      const share = (exact[tap] ?? 0) / sum;
      weights[out * taps + tap] = Math.trunc(share * (1 << PRECISION_BITS) + (share < 0 ? -0.5 : 0.5));
    }
    starts[out] = start;
    counts[out] = reach;
  }
  return { starts, counts, taps, weights };
}

// The loops below are the pipeline's hottest: typed arrays, 32-bit integers, nothing allocated. Indices are in range by construction, which
// is what `as number` says.

function resizeRowsOfRgb(
  picture: Picture,
  box: Box,
  columns: Weights,
  flipped: boolean,
  into: Uint8ClampedArray,
): void {
  const { data, width } = picture;
  const { starts, counts, taps, weights } = columns;
  const outWidth = starts.length;
  for (let y = 0; y < box.height; y++) {
    const rowStart = ((box.top + y) * width + box.left) * 3;
    for (let x = 0; x < outWidth; x++) {
      let from = rowStart + (starts[x] as number) * 3;
      let tap = x * taps;
      const end = tap + (counts[x] as number);
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (; tap < end; tap++, from += 3) {
        const weight = weights[tap] as number;
        red = (red + Math.imul(weight, data[from] as number)) | 0;
        green = (green + Math.imul(weight, data[from + 1] as number)) | 0;
        blue = (blue + Math.imul(weight, data[from + 2] as number)) | 0;
      }
      const to = (y * outWidth + (flipped ? outWidth - 1 - x : x)) * 3;
      into[to] = red >> PRECISION_BITS;
      into[to + 1] = green >> PRECISION_BITS;
      into[to + 2] = blue >> PRECISION_BITS;
    }
  }
}

function resizeRowsOfGray(
  picture: Picture,
  box: Box,
  columns: Weights,
  flipped: boolean,
  into: Uint8ClampedArray,
): void {
  const { data, width } = picture;
  const { starts, counts, taps, weights } = columns;
  const outWidth = starts.length;
  for (let y = 0; y < box.height; y++) {
    const rowStart = (box.top + y) * width + box.left;
    for (let x = 0; x < outWidth; x++) {
      let from = rowStart + (starts[x] as number);
      let tap = x * taps;
      const end = tap + (counts[x] as number);
      let gray = HALF;
      for (; tap < end; tap++, from++) gray = (gray + Math.imul(weights[tap] as number, data[from] as number)) | 0;
      into[y * outWidth + (flipped ? outWidth - 1 - x : x)] = gray >> PRECISION_BITS;
    }
  }
}

function resizeColumns(
  from: Uint8ClampedArray,
  stride: number,
  firstRow: number,
  rows: Weights,
  into: Uint8ClampedArray,
): void {
  const { starts, counts, taps, weights } = rows;
  for (let y = 0; y < starts.length; y++) {
    const start = ((starts[y] as number) - firstRow) * stride;
    const firstTap = y * taps;
    const end = firstTap + (counts[y] as number);
    for (let column = 0; column < stride; column++) {
      let sum = HALF;
      for (let tap = firstTap, at = start + column; tap < end; tap++, at += stride) {
        sum = (sum + Math.imul(weights[tap] as number, from[at] as number)) | 0;
      }
      into[y * stride + column] = sum >> PRECISION_BITS;
    }
  }
}
