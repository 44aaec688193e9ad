/**
 * The loops over pixels, in WebAssembly (see `assembly/`), and the memory that they work in. Pixels are copied in and out, which costs little
 * beside the work; nothing stays in the memory from one call to the next.
 */
import moduleBytes from './assembly.wasm';

/** What `assembly/index.ts` exports; addresses are bytes into `memory`. */
interface PixelKernels {
  readonly memory: WebAssembly.Memory;
  resizeRowsOfRgb: ResizeRows;
  resizeRowsOfGray: ResizeRows;
  resizeColumns(
    source: number,
    stride: number,
    starts: number,
    counts: number,
    taps: number,
    upper: number,
    lower: number,
    into: number,
    rows: number,
  ): void;
  blur(
    pixels: number,
    width: number,
    height: number,
    channels: number,
    reach: number,
    inner: number,
    end: number,
    one: number,
    other: number,
  ): void;
  blendWithGray(pixels: number, length: number, gray: number, alpha: number): void;
  sumOfLuma(pixels: number, length: number): number;
  saturate(pixels: number, length: number, alpha: number): void;
  shiftHue(pixels: number, length: number, shift: number): void;
  toGray(pixels: number, length: number): void;
  solarize(pixels: number, length: number): void;
  normalizeChannel(pixels: number, channels: number, area: number, mean: number, std: number, into: number): void;
}

type ResizeRows = (
  source: number,
  sourceWidth: number,
  rows: number,
  starts: number,
  counts: number,
  taps: number,
  upper: number,
  lower: number,
  into: number,
  width: number,
) => void;

const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes));
export const kernels = exports as PixelKernels;

const PAGE = 65_536;
/** Vectors reach at most so far over the end of an area. */
const MARGIN = 16;

/**
 * Lays out areas of the given lengths in bytes one after the other, with a margin behind each. Ends what was laid out before.
 * @returns their addresses, multiples of 16
 */
export function layOut<const Lengths extends readonly number[]>(
  ...lengths: Lengths
): { readonly [Index in keyof Lengths]: number } {
  let end = 0;
  const addresses = lengths.map((length) => {
    const address = end;
    end += Math.ceil((length + MARGIN) / 16) * 16;
    return address;
  });
  const { memory } = kernels;
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  return addresses as { readonly [Index in keyof Lengths]: number };
}

/** A view that is good until the next `layOut`. */
export function bytesAt(address: number, length: number): Uint8Array {
  return new Uint8Array(kernels.memory.buffer, address, length);
}
