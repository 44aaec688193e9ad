/**
 * Windows bitmaps, which sharp's libvips does not read. Written here because no published reader gets the plain cases right (top-down rows,
 * palettes, a gap before the pixels). Uncompressed pixels of 1, 4, 8, 16, 24 and 32 bits; run-length coded ones are refused.
 * Format: Microsoft's BITMAPFILEHEADER, BITMAPINFOHEADER and later, and the old BITMAPCOREHEADER.
 */
import type { Picture } from './picture.js';

const FILE_HEADER = 14;
const CORE_HEADER = 12;
const INFO_HEADER = 40;
const Compression = { none: 0, bitFields: 3, alphaBitFields: 6 } as const;

export function isBmp(file: Buffer): boolean {
  return file.length > FILE_HEADER + CORE_HEADER && file.toString('latin1', 0, 2) === 'BM';
}

/**
 * Decodes to RGB. A fourth byte is ignored, as most writers leave it 0 without meaning "transparent".
 * @throws Error with the reason when the file is truncated, unsupported, or has more than `maxPixels` pixels
 */
export function decodeBmp(file: Buffer, maxPixels: number): Picture {
  const header = readHeader(file);
  const { width, height, bits, pixels, rowBytes } = header;
  if (width <= 0 || height <= 0) throw new Error('its header gives no size');
  if (width * height > maxPixels) throw new Error(`it has more than ${maxPixels / 1e6} million pixels`);
  if (pixels + rowBytes * height > file.length) throw new Error('its pixels end too early');
  const data = new Uint8Array(width * height * 3);
  const colorAt = bits <= 8 ? paletteReader(file, header) : trueColorReader(file, header);
  for (let y = 0; y < height; y++) {
    const row = pixels + (header.topDown ? y : height - 1 - y) * rowBytes;
    for (let x = 0; x < width; x++) {
      const color = colorAt(row, x);
      const to = (y * width + x) * 3;
      data[to] = color >> 16;
      data[to + 1] = color >> 8;
      data[to + 2] = color;
    }
  }
  return { width, height, channels: 3, data };
}

interface Header {
  readonly size: number;
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: number;
  readonly compression: number;
  /** Entries in the palette. */
  readonly colors: number;
  /** Where the pixels start, and how long a row is: a multiple of 4 bytes. */
  readonly pixels: number;
  readonly rowBytes: number;
}

function readHeader(file: Buffer): Header {
  const size = file.readUInt32LE(FILE_HEADER);
  const pixels = file.readUInt32LE(10);
  const core = size === CORE_HEADER;
  if (!core && (size < INFO_HEADER || file.length < FILE_HEADER + size)) throw new Error('its header is truncated');
  const width = core ? file.readUInt16LE(18) : file.readInt32LE(18);
  const signedHeight = core ? file.readUInt16LE(20) : file.readInt32LE(22);
  const bits = file.readUInt16LE(core ? 24 : 28);
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw new Error(`BMP with ${bits} bits a pixel is not supported`);
  const compression = core ? Compression.none : file.readUInt32LE(30);
  const known: readonly number[] = Object.values(Compression);
  if (!known.includes(compression)) throw new Error('compressed BMP is not supported');
  const declared = core ? 0 : file.readUInt32LE(46);
  const colors = declared === 0 ? 1 << Math.min(bits, 8) : Math.min(declared, 256);
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  return {
    size,
    width,
    height: Math.abs(signedHeight),
    topDown: signedHeight < 0,
    bits,
    compression,
    colors,
    pixels,
    rowBytes,
  };
}

/** Gives the color of pixel x of the row that starts at a byte, as 0xRRGGBB. */
type ColorReader = (row: number, x: number) => number;

function paletteReader(file: Buffer, { size, bits, colors }: Header): ColorReader {
  const start = FILE_HEADER + size;
  const entry = size === CORE_HEADER ? 3 : 4;
  if (start + colors * entry > file.length) throw new Error('its palette is truncated');
  const palette = Array.from({ length: colors }, (_, index) => file.readUIntLE(start + index * entry, 3));
  const mask = (1 << bits) - 1;
  const perByte = 8 / bits;
  return (row, x) => {
    const byte = file[row + Math.floor(x / perByte)] ?? 0;
    return palette[(byte >> (8 - bits - (x % perByte) * bits)) & mask] ?? 0;
  };
}

function trueColorReader(file: Buffer, header: Header): ColorReader {
  const { bits } = header;
  if (bits === 24) return (row, x) => file.readUIntLE(row + x * 3, 3);
  const [red, green, blue] = colorMasks(file, header).map(maskReader) as [MaskReader, MaskReader, MaskReader];
  const bytes = bits / 8;
  return (row, x) => {
    const value = file.readUIntLE(row + x * bytes, bytes);
    return (red(value) << 16) | (green(value) << 8) | blue(value);
  };
}

function colorMasks(file: Buffer, { bits, compression }: Header): readonly number[] {
  if (compression === Compression.none) return bits === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0xff00, 0xff];
  // The masks follow the 40 bytes of the info header, or are the first fields of a later header: the same place.
  return [0, 4, 8].map((offset) => file.readUInt32LE(FILE_HEADER + INFO_HEADER + offset));
}

type MaskReader = (value: number) => number;

/** Takes a mask's bits out of a value and stretches them to 0...255. */
function maskReader(mask: number): MaskReader {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return (value) => Math.round((((value & mask) >>> shift) * 255) / most);
}
