/**
 * Antialiased resampling as Pillow's `Image.resize` does it, because the original's crops are made by Pillow: a separable convolution whose
 * kernel widens with the reduction, 22-bit fixed-point weights, and rounding to 8 bits between the horizontal and the vertical pass
 * (Pillow's Resample.c). Results are Pillow's to the bit.
 */
import type { Image } from './image.js';
import { bytesAt, kernels, layOut } from './pixelKernels.js';

/** A rectangle of pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export type Kernel = 'bicubic' | 'bilinear' | 'lanczos';

export interface Resampling {
  /** Part of the image that is read; pixels outside never bleed in. */
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
/** A weight is given to the kernels as its upper and its lower half. */
const HALF_BITS = 11;
/** Weights of a position are padded to a whole number of vectors. */
const LANES = 8;
/** So much of an image is resampled at a time: what a core's cache holds, however large the image is. */
const BAND_BYTES = 2 ** 18;

/** Bytes that the rows may take between the two passes. */
const MOST_BETWEEN_PASSES = 2 ** 27;

const KERNELS: Readonly<Record<Kernel, { readonly support: number; readonly weight: (distance: number) => number }>> = {
  bilinear: { support: 1, weight: (distance) => Math.max(0, 1 - Math.abs(distance)) },
  bicubic: { support: 2, weight: catmullRom },
  lanczos: { support: 3, weight: (distance) => (Math.abs(distance) < 3 ? sinc(distance) * sinc(distance / 3) : 0) },
};

function sinc(x: number): number {
  if (x === 0) return 1;
  const angle = Math.PI * x;
  return Math.sin(angle) / angle;
}

/** Keys' cubic with a = -1/2. */
function catmullRom(distance: number): number {
  const a = -0.5;
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/**
 * Resizes a box of the image.
 * @param into receives [window height, window width, channels], 8-bit; must be at least that long
 */
export function resample(image: Image, resampling: Resampling, into: Uint8ClampedArray): void {
  const { box, width, height, kernel, flipped = false } = resampling;
  const { channels } = image;
  const window = resampling.window ?? { left: 0, top: 0, width, height };
  const columns = weigh(box.width, width, window.left, window.width, kernel);
  const rows = weigh(box.height, height, window.top, window.height, kernel);
  if (flipped) mirror(columns);

  const read = {
    left: box.left + columns.first,
    top: box.top + rows.first,
    width: columns.end - columns.first,
    height: rows.end - rows.first,
  };
  const stride = window.width * channels;
  if (read.height * stride > MOST_BETWEEN_PASSES && window.height > 1) {
    // An image that is thousands of times as high as the result: half of the result needs about half of its rows.
    const upper = Math.floor(window.height / 2);
    const lower = { ...window, top: window.top + upper, height: window.height - upper };
    resample(image, { ...resampling, window: { ...window, height: upper } }, into);
    resample(image, { ...resampling, window: lower }, into.subarray(upper * stride));
    return;
  }
  const bandRows = Math.max(2, Math.floor(BAND_BYTES / (read.width * channels)));
  const [band, resizedRows, output, columnWeights, rowWeights] = layOut(
    Math.min(bandRows, read.height) * read.width * channels,
    // An odd tap reads a row more.
    (read.height + 1) * stride,
    window.height * stride,
    weightBytes(columns),
    weightBytes(rows),
  );
  const resizeRows = channels === 3 ? kernels.resizeRowsOfRgb : kernels.resizeRowsOfGray;
  const columnArguments = writeWeights(columns, columnWeights);
  for (let row = 0; row < read.height; row += bandRows) {
    const count = Math.min(bandRows, read.height - row);
    copyRows(image, { ...read, top: read.top + row, height: count }, band);
    resizeRows(band, read.width, count, ...columnArguments, resizedRows + row * stride, window.width);
  }
  kernels.resizeColumns(resizedRows, stride, ...writeWeights(rows, rowWeights), output, window.height);
  into.set(bytesAt(output, window.height * stride));
}

function copyRows({ data, width, channels }: Image, box: Box, to: number): void {
  const rowBytes = box.width * channels;
  const target = bytesAt(to, box.height * rowBytes);
  for (let y = 0; y < box.height; y++) {
    const from = ((box.top + y) * width + box.left) * channels;
    target.set(data.subarray(from, from + rowBytes), y * rowBytes);
  }
}

/** For each output position: where its input pixels start, how many they are, and their fixed-point weights (`taps` places each). */
interface Weights {
  /** Relative to `first`. */
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly taps: number;
  readonly upper: Int16Array;
  readonly lower: Int16Array;
  /** Input positions that are read at all: from `first` to before `end`. */
  readonly first: number;
  readonly end: number;
}

function weigh(inSize: number, outSize: number, first: number, count: number, kernelName: Kernel): Weights {
  const kernel = KERNELS[kernelName];
  const scale = inSize / outSize;
  const widening = Math.max(scale, 1);
  const support = kernel.support * widening;
  const taps = Math.ceil((Math.ceil(support) * 2 + 1) / LANES) * LANES;
  const starts = new Int32Array(count);
  const counts = new Int32Array(count);
  const upper = new Int16Array(count * taps);
  const lower = new Int16Array(count * taps);
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
      const share = (exact[tap] as number) / sum;
      const weight = Math.trunc(share * (1 << PRECISION_BITS) + (share < 0 ? -0.5 : 0.5));
      upper[out * taps + tap] = weight >> HALF_BITS;
      lower[out * taps + tap] = weight & ((1 << HALF_BITS) - 1);
    }
    starts[out] = start;
    counts[out] = reach;
  }
  const firstInput = starts[0] as number;
  const end = (starts[count - 1] as number) + (counts[count - 1] as number);
  for (let out = 0; out < count; out++) starts[out] = (starts[out] as number) - firstInput;
  return { starts, counts, taps, upper, lower, first: firstInput, end };
}

/** Output positions from the last to the first. */
function mirror({ starts, counts, taps, upper, lower }: Weights): void {
  starts.reverse();
  counts.reverse();
  for (const half of [upper, lower]) {
    half.reverse();
    for (let start = 0; start < half.length; start += taps) half.subarray(start, start + taps).reverse();
  }
}

/** Two 32-bit numbers a position, and two 16-bit ones a weight. */
function weightBytes({ starts, upper }: Weights): number {
  return starts.length * 8 + upper.length * 4;
}

/** @returns the kernels' arguments about the weights */
function writeWeights(
  { starts, counts, taps, upper, lower }: Weights,
  address: number,
): [starts: number, counts: number, taps: number, upper: number, lower: number] {
  // The halves first: whole vectors, so that each part begins at a multiple of 16 bytes or at least of 4.
  const upperAt = address;
  const lowerAt = upperAt + upper.byteLength;
  const startsAt = lowerAt + lower.byteLength;
  const countsAt = startsAt + starts.byteLength;
  const { buffer } = kernels.memory;
  new Int16Array(buffer, upperAt, upper.length).set(upper);
  new Int16Array(buffer, lowerAt, lower.length).set(lower);
  new Int32Array(buffer, startsAt, starts.length).set(starts);
  new Int32Array(buffer, countsAt, counts.length).set(counts);
  return [startsAt, countsAt, taps, upperAt, lowerAt];
}
