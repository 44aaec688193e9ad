/**
 * Windows and OS/2 bitmaps, which sharp's libvips does not read. Written here because no published reader gets the plain cases right
 * (top-down rows, palettes, a gap before the pixels). Pixels of 1, 4, 8, 16, 24 and 32 bits; run-length coded ones of 4 and 8. Format:
 * Microsoft's BITMAPFILEHEADER, BITMAPINFOHEADER and later, and BITMAPCOREHEADER; kinds of files: bmpsuite. Values are Pillow's to the bit.
 */
import type { Image } from '../image.js';
import { overWhite } from './alpha.js';
import { readRunLengths } from './bmpRunLengths.js';
import { requireSize } from './limits.js';

const FILE_HEADER = 14;
const CORE_HEADER = 12;
const OS2_SHORT_HEADER = 16;
const INFO_HEADER = 40;
const OS2_HEADER = 64;
/** From here on headers have a mask for alpha. */
const ALPHA_HEADER = 56;

const Compression = { none: 0, rle8: 1, rle4: 2, bitFields: 3, jpeg: 4, png: 5, alphaBitFields: 6 } as const;

/** The same for a bitmap without its file header (a DIB). */
export function decodeDib(file: Buffer): Image {
  return decodeBmp(Buffer.concat([Buffer.alloc(FILE_HEADER), file]));
}

/**
 * Decodes to RGB. Alpha counts where the header declares a mask for it: a fourth byte without one has no meaning, and most writers leave 0.
 * @throws Error with the reason when the file is truncated, unsupported or too large
 */
export function decodeBmp(file: Buffer): Image {
  const header = readHeader(file);
  const { width, height, bits, compression } = header;
  requireSize(width, height);
  const isRunLength = compression === Compression.rle8 || compression === Compression.rle4;
  if (bits > 8) return fromTrueColor(file, header);
  const indices = isRunLength
    ? readRunLengths(file.subarray(header.pixels), width, height, bits === 4 ? 4 : 8)
    : readIndices(file, header);
  return fromPalette(indices, readPalette(file, header), header);
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
  const size = file.length < FILE_HEADER + 4 ? 0 : file.readUInt32LE(FILE_HEADER);
  if (size < CORE_HEADER || file.length < FILE_HEADER + size) throw new Error('its header is truncated');
  const core = size === CORE_HEADER;
  if (!core && size < OS2_SHORT_HEADER) throw new Error(`BMP with a header of ${size} bytes is not supported`);
  const width = core ? file.readUInt16LE(18) : file.readInt32LE(18);
  const signedHeight = core ? file.readUInt16LE(20) : file.readInt32LE(22);
  const bits = file.readUInt16LE(core ? 24 : 28);
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw new Error(`BMP with ${bits} bits a pixel is not supported`);
  const isLong = size >= INFO_HEADER;
  const compression = isLong ? file.readUInt32LE(30) : Compression.none;
  requireCompression(compression, bits, size);
  const declared = isLong ? file.readUInt32LE(46) : 0;
  const colors = declared === 0 ? 1 << Math.min(bits, 8) : Math.min(declared, 256);
  const header = { size, width, height: Math.abs(signedHeight), topDown: signedHeight < 0, bits, compression, colors };
  const pixels = pixelsOffset(file, header, bits <= 8 ? paletteEntry(header) * (declared || colors) : 0);
  return { ...header, pixels, rowBytes: Math.ceil((width * bits) / 32) * 4 };
}

function requireCompression(compression: number, bits: number, headerSize: number): void {
  const { none, rle8, rle4, bitFields, jpeg, png, alphaBitFields } = Compression;
  const isOs2 = headerSize === OS2_HEADER && compression >= bitFields;
  const isFitting =
    compression === none ||
    (compression === rle8 && bits === 8) ||
    (compression === rle4 && bits === 4) ||
    ((compression === bitFields || compression === alphaBitFields) && (bits === 16 || bits === 24 || bits === 32));
  if (isFitting && !isOs2) return;
  if (isOs2) throw new Error("BMP with OS/2's compression is not supported");
  if (compression === jpeg || compression === png) {
    throw new Error(`BMP around a ${compression === jpeg ? 'JPEG' : 'PNG'} image is not supported`);
  }
  throw new Error(`BMP with compression ${compression} of ${bits} bits is not supported`);
}

/** Where the pixels are. Some writers give no place, or the end of the header, where the palette lies: the pixels follow it. */
function pixelsOffset(
  file: Buffer,
  { size, compression }: Pick<Header, 'size' | 'compression'>,
  palette: number,
): number {
  const offset = file.readUInt32LE(10);
  const headerEnd = FILE_HEADER + size;
  if (offset > headerEnd || (offset === headerEnd && palette === 0)) return offset;
  if (offset !== 0 && offset !== headerEnd) throw new Error('its header gives itself as the place of the pixels');
  const masks = size === INFO_HEADER ? (maskCount(compression) ?? 0) * 4 : 0;
  return headerEnd + masks + palette;
}

const paletteEntry = ({ size }: Pick<Header, 'size'>): number => (size === CORE_HEADER ? 3 : 4);

/** Colors as 0xRRGGBB. */
function readPalette(file: Buffer, header: Header): readonly number[] {
  const start = FILE_HEADER + header.size;
  const entry = paletteEntry(header);
  if (start + header.colors * entry > file.length) throw new Error('its palette is truncated');
  return Array.from({ length: header.colors }, (_, index) => file.readUIntLE(start + index * entry, 3));
}

/** Of each pixel, rows from the bottom as in the file. */
function readIndices(file: Buffer, { width, height, bits, pixels, rowBytes }: Header): Uint8Array {
  requirePixels(file, pixels + rowBytes * height);
  const indices = new Uint8Array(width * height);
  const mask = (1 << bits) - 1;
  const perByte = 8 / bits;
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = file[pixels + y * rowBytes + Math.floor(x / perByte)] as number;
      indices[to++] = (byte >> (8 - bits - (x % perByte) * bits)) & mask;
    }
  }
  return indices;
}

function fromPalette(indices: Uint8Array, palette: readonly number[], header: Header): Image {
  const { width, height } = header;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, to = 0; y < height; y++) {
    const row = rowInFile(header, y) * width;
    for (let x = 0; x < width; x++) {
      // What lies outside the palette is black.
      const color = palette[indices[row + x] as number] ?? 0;
      data[to++] = color >> 16;
      data[to++] = color >> 8;
      data[to++] = color;
    }
  }
  return { width, height, channels: 3, data };
}

function fromTrueColor(file: Buffer, header: Header): Image {
  const { width, height, bits, pixels, rowBytes } = header;
  requirePixels(file, pixels + rowBytes * height);
  const channels = colorMasks(file, header).map(maskReader);
  const samples = new Uint8Array(width * height * channels.length);
  const bytes = bits / 8;
  for (let y = 0, to = 0; y < height; y++) {
    let from = pixels + rowInFile(header, y) * rowBytes;
    for (let x = 0; x < width; x++, from += bytes) {
      const value = file.readUIntLE(from, bytes);
      for (const channel of channels) samples[to++] = channel(value);
    }
  }
  if (channels.length === 3) return { width, height, channels: 3, data: samples };
  // Writers that declare alpha and leave it 0 everywhere do not mean an empty image.
  const isOpaque = samples.every((value, at) => at % 4 !== 3 || value === 0);
  if (isOpaque) for (let at = 3; at < samples.length; at += 4) samples[at] = 255;
  return { width, height, channels: 3, data: overWhite(samples, 3) };
}

const rowInFile = ({ topDown, height }: Header, y: number): number => (topDown ? y : height - 1 - y);

function requirePixels(file: Buffer, end: number): void {
  if (end > file.length) throw new Error('the file is truncated (its pixels end too early)');
}

const maskCount = (compression: number): 3 | 4 | undefined => {
  if (compression === Compression.bitFields) return 3;
  return compression === Compression.alphaBitFields ? 4 : undefined;
};

/** Of red, green, blue and, where it is declared, alpha. */
function colorMasks(file: Buffer, { size, bits, compression }: Header): readonly number[] {
  const count = maskCount(compression);
  if (count === undefined) return bits === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0xff00, 0xff];
  const hasAlpha = count === 4 || size >= ALPHA_HEADER;
  // The masks follow the 40 bytes of the info header, or are fields of a later one: the same place.
  const start = FILE_HEADER + INFO_HEADER;
  if (start + (hasAlpha ? 16 : 12) > file.length) throw new Error('its header is truncated');
  const colors = [0, 4, 8].map((offset) => file.readUInt32LE(start + offset));
  const alpha = hasAlpha ? file.readUInt32LE(start + 12) : 0;
  return alpha === 0 ? colors : [...colors, alpha];
}

/** Takes a mask's bits out of a value and stretches them to 0...255. */
function maskReader(mask: number): (value: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  // Pillow cuts the fraction off.
  return (value) => Math.floor((((value & mask) >>> shift) * 255) / most);
}
