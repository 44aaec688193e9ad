/** The samples of a TIFF file in 8 bits, from its strips and tiles. */
import { rowBytes, unpackChunks } from './tiffChunks.js';
import type { TiffDirectory } from './tiffDirectory.js';
import { Photometric, type TiffLayout } from './tiffLayout.js';

/**
 * @param inFile how the samples lie in the file
 * @param layout how they lie once they are unpacked
 * @returns [height, width, colors and perhaps alpha]; indices of a palette as they are, all else stretched to 0...255
 */
export async function readSamples(
  file: Buffer,
  directory: TiffDirectory,
  inFile: TiffLayout,
  layout: TiffLayout,
): Promise<Uint8Array> {
  const { width, height, colors, alpha, isPlanar, across, down, chunkWidth, chunkHeight, subsampling } = layout;
  const kept = Array.from({ length: colors }, (_, color) => color);
  if (alpha) kept.push(alpha.sample);
  const data = new Uint8Array(width * height * kept.length);
  const isSubsampled = subsampling[0] * subsampling[1] > 1;
  for await (const { index, bytes } of unpackChunks(file, directory, inFile)) {
    const inPlane = index % (across * down);
    const left = (inPlane % across) * chunkWidth;
    const top = Math.floor(inPlane / across) * chunkHeight;
    const area = {
      left,
      top,
      columns: Math.min(chunkWidth, width - left),
      rows: Math.min(chunkHeight, height - top),
    };
    if (isSubsampled) {
      putSubsampled(bytes, area, layout, data);
      continue;
    }
    const summed = layout.isDifferenced ? undifferenced(bytes, layout) : bytes;
    const plane = Math.floor(index / (across * down));
    // A plane's chunks hold one sample a pixel.
    const targets = isPlanar
      ? kept.flatMap((sample, to) => (sample === plane ? [[0, to]] : []))
      : [...kept.entries()].map(([to, sample]) => [sample, to]);
    for (const [sample = 0, to = 0] of targets) putSample(summed, sample, area, layout, data, to, kept.length);
  }
  return data;
}

/** Where a chunk lies in the image, without what stands over its edges. */
interface Area {
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
}

function putSample(
  bytes: Uint8Array,
  sample: number,
  { left, top, columns, rows }: Area,
  layout: TiffLayout,
  data: Uint8Array,
  to: number,
  step: number,
): void {
  const { width, bits, samples, isPlanar } = layout;
  const perPixel = isPlanar ? 1 : samples;
  const line = rowBytes(layout);
  const read = sampleReader(bytes, layout);
  for (let y = 0; y < rows; y++) {
    let target = ((top + y) * width + left) * step + to;
    let bit = y * line * 8 + sample * bits;
    for (let x = 0; x < columns; x++, target += step, bit += perPixel * bits) data[target] = read(bit);
  }
}

/** Reads the sample that begins at a bit, in 8 bits. */
function sampleReader(bytes: Uint8Array, { bits, littleEndian, photometric }: TiffLayout): (bit: number) => number {
  if (bits === 8) return (bit) => bytes[bit >> 3] as number;
  if (bits === 16) return (bit) => bytes[(bit >> 3) + (littleEndian ? 1 : 0)] as number;
  const most = 2 ** bits - 1;
  const value = (bit: number): number => {
    // The first bits of a byte are its highest, whatever the order of bytes.
    const at = bit >> 3;
    const three = ((bytes[at] as number) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    return (three >> (24 - (bit & 7) - bits)) & most;
  };
  if (photometric === Photometric.palette) return value;
  if (bits > 8) return (bit) => value(bit) >> (bits - 8);
  return (bit) => Math.round((value(bit) * 255) / most);
}

/** Undoes the predictor: each sample was stored as its difference to the one before in its row. */
function undifferenced(differences: Uint8Array, layout: TiffLayout): Uint8Array {
  const { bits, littleEndian } = layout;
  const line = rowBytes(layout);
  const perPixel = layout.isPlanar ? 1 : layout.samples;
  const bytes = Uint8Array.from(differences);
  if (bits === 8) {
    for (let start = 0; start < bytes.length; start += line) {
      for (let at = start + perPixel; at < start + line; at++)
        bytes[at] = (bytes[at] as number) + (bytes[at - perPixel] as number);
    }
    return bytes;
  }
  const view = new DataView(bytes.buffer);
  const back = 2 * perPixel;
  for (let start = 0; start < bytes.length; start += line) {
    for (let at = start + back; at < start + line; at += 2) {
      view.setUint16(at, view.getUint16(at, littleEndian) + view.getUint16(at - back, littleEndian), littleEndian);
    }
  }
  return bytes;
}

/** YCbCr in blocks: the luma of its pixels, row by row, and one pair of chroma, which all of them get. */
function putSubsampled(
  bytes: Uint8Array,
  { left, top, columns, rows }: Area,
  layout: TiffLayout,
  data: Uint8Array,
): void {
  const { width, subsampling } = layout;
  const [across, down] = subsampling;
  const line = rowBytes(layout);
  const block = across * down + 2;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const start = Math.floor(y / down) * line + Math.floor(x / across) * block;
      const to = ((top + y) * width + left + x) * 3;
      data[to] = bytes[start + (y % down) * across + (x % across)] as number;
      data[to + 1] = bytes[start + across * down] as number;
      data[to + 2] = bytes[start + across * down + 1] as number;
    }
  }
}
