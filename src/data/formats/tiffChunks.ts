/**
 * Strips and tiles of a TIFF file, unpacked by libtiff (inside sharp's libvips). What libvips makes of samples depends on what it takes them
 * for, and of a broken tile it says nothing. So libtiff gets the chunks as strips of a plain file of bytes and decompresses, no more.
 */
import sharp from 'sharp';
import { withReason } from './libvips.js';
import { Tag, type TiffDirectory } from './tiffDirectory.js';
import { type Chunk, Compression, Photometric, type TiffLayout } from './tiffLayout.js';

export interface UnpackedChunk {
  /** Place in the layout's list. */
  readonly index: number;
  /** As samples lie in an uncompressed file: whole bytes a row. */
  readonly bytes: Uint8Array;
}

/** Chunks are unpacked together up to so many bytes. */
const GROUP_BYTES = 2 ** 26;

/** JPEG, CCITT's codes and WebP know pixels and not bytes: they are unpacked to 8 bits a sample, and JPEG's YCbCr to RGB. */
export function unpackedLayout(layout: TiffLayout): TiffLayout {
  const { compression, photometric, isPlanar } = layout;
  if (!knowsPixels(compression)) return layout;
  requireFitting(layout);
  const isConverted = compression === Compression.jpeg && photometric === Photometric.ycbcr && !isPlanar;
  return { ...layout, bits: 8, ...(isConverted && { photometric: Photometric.rgb }) };
}

const knowsPixels = (compression: number): boolean => {
  const { ccittRle, ccitt3, ccitt4, jpeg, webp } = Compression;
  return [ccittRle, ccitt3, ccitt4, jpeg, webp].some((known) => known === compression);
};

function requireFitting({ compression, bits, samples, isPlanar, colors }: TiffLayout): void {
  const perPixel = isPlanar ? 1 : samples;
  const isCcitt = compression !== Compression.jpeg && compression !== Compression.webp;
  const fits = isCcitt
    ? bits === 1 && perPixel === 1
    : bits === 8 &&
      (compression === Compression.jpeg
        ? [1, 3, 4].includes(perPixel)
        : perPixel >= 3 && perPixel <= 4 && colors === 3);
  if (fits) return;
  const name = isCcitt ? 'CCITT' : compression === Compression.jpeg ? 'JPEG' : 'WebP';
  throw new Error(`a TIFF with ${name} compression of ${samples} samples of ${bits} bits is not supported`);
}

/** @throws Error when a chunk lies behind the end of the file, or is damaged */
export async function* unpackChunks(
  file: Buffer,
  directory: TiffDirectory,
  layout: TiffLayout,
): AsyncGenerator<UnpackedChunk> {
  const { compression, isReversed, chunks } = layout;
  if (compression === Compression.none && !isReversed) {
    for (const [index, chunk] of chunks.entries()) yield { index, bytes: packed(file, chunk, layout, index) };
    return;
  }
  const fullBytes = chunkBytes(layout, 0);
  const perGroup = Math.max(1, Math.floor(GROUP_BYTES / fullBytes));
  for (let first = 0; first < chunks.length; ) {
    let last = first;
    // Of strips in a file only the last may have fewer rows.
    while (last + 1 < chunks.length && last + 1 - first < perGroup && chunkBytes(layout, last) === fullBytes) last++;
    const group = Array.from({ length: last - first + 1 }, (_, place) => first + place);
    const strips = group.map((index) => packed(file, chunks[index] as Chunk, layout, index));
    const rows = group.reduce((sum, index) => sum + chunkRows(layout, index), 0);
    const bytes = await unpackStrips(strips, rows, directory, layout);
    let at = 0;
    for (const index of group) {
      const length = chunkBytes(layout, index);
      yield { index, bytes: bytes.subarray(at, at + length) };
      at += length;
    }
    first = last + 1;
  }
}

/** Rows of the file's own units: for subsampled YCbCr, of blocks. */
function chunkRows({ isTiled, chunkHeight, height, down, subsampling }: TiffLayout, index: number): number {
  const row = index % down;
  // Strips lie one below the other, so their index in a plane is their row.
  const rows = isTiled ? chunkHeight : Math.min(chunkHeight, height - row * chunkHeight);
  return Math.ceil(rows / subsampling[1]);
}

/** Bytes of a row of a chunk (of a row of blocks, where chroma is subsampled). */
export function rowBytes({ chunkWidth, bits, samples, isPlanar, subsampling: [across, down] }: TiffLayout): number {
  if (across * down > 1) return Math.ceil(chunkWidth / across) * (across * down + 2);
  return Math.ceil((chunkWidth * (isPlanar ? 1 : samples) * bits) / 8);
}

const chunkBytes = (layout: TiffLayout, index: number): number => {
  const unpacked = knowsPixels(layout.compression) ? { ...layout, bits: 8 } : layout;
  return rowBytes(unpacked) * chunkRows(layout, index);
};

/** A chunk as it lies in the file. */
function packed(file: Buffer, { offset, bytes }: Chunk, layout: TiffLayout, index: number): Buffer {
  const isPlain = layout.compression === Compression.none;
  const plain = chunkBytes(layout, index);
  const length = isPlain ? plain : (bytes ?? file.length - offset);
  if (offset + length > file.length || length <= 0) {
    throw new Error(`the file is truncated (${layout.isTiled ? 'tile' : 'strip'} ${index + 1} ends behind it)`);
  }
  return file.subarray(offset, offset + length);
}

async function unpackStrips(
  strips: readonly Buffer[],
  rows: number,
  directory: TiffDirectory,
  layout: TiffLayout,
): Promise<Uint8Array> {
  const tags = knowsPixels(layout.compression) ? pixelTags(directory, layout) : byteTags(layout);
  const isInks = tags[Tag.PhotometricInterpretation]?.[0] === Photometric.cmyk;
  const channels = tags[Tag.SamplesPerPixel]?.[0] ?? 1;
  const wrapped = tiffOfStrips(strips, rows, chunkRows(layout, 0), layout, tags);
  const space = isInks ? 'cmyk' : channels === 1 ? 'b-w' : 'srgb';
  const { data, info } = await withReason(() => {
    const image = sharp(wrapped, { failOn: 'error', limitInputPixels: false, sequentialRead: true });
    return (isInks ? image.pipelineColourspace('cmyk') : image)
      .toColourspace(space)
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
  });
  if (info.channels !== channels)
    throw new Error(`the file is damaged (${info.channels} of ${channels} samples a pixel)`);
  return data;
}

type Tags = Readonly<Record<number, readonly number[]>>;

/** Gray bytes, as wide as a row takes. */
const byteTags = (layout: TiffLayout): Tags => ({
  [Tag.ImageWidth]: [rowBytes(layout)],
  [Tag.BitsPerSample]: [8],
  [Tag.PhotometricInterpretation]: [Photometric.blackIsZero],
  [Tag.SamplesPerPixel]: [1],
});

function pixelTags(directory: TiffDirectory, layout: TiffLayout): Tags {
  const { isPlanar, colors, chunkWidth, bits } = layout;
  const samples = isPlanar ? 1 : layout.samples;
  const photometric =
    samples < 3 || isPlanar
      ? Photometric.blackIsZero
      : layout.photometric === Photometric.ycbcr || layout.photometric === Photometric.cmyk
        ? layout.photometric
        : Photometric.rgb;
  const copied = [Tag.T4Options, Tag.T6Options, Tag.JPEGTables, Tag.YCbCrSubSampling].flatMap((tag) => {
    const values = directory.numbers(tag);
    return values === undefined ? [] : [[tag, values] as const];
  });
  const extra = isPlanar ? 0 : samples - colors;
  return {
    ...Object.fromEntries(copied),
    [Tag.ImageWidth]: [chunkWidth],
    [Tag.BitsPerSample]: Array.from({ length: samples }, () => bits),
    [Tag.PhotometricInterpretation]: [photometric],
    [Tag.SamplesPerPixel]: [samples],
    ...(extra > 0 && { [Tag.ExtraSamples]: Array.from({ length: extra }, () => 0) }),
  };
}

/** A TIFF file of strips, little-endian, in the order header, strips, values, directory. */
function tiffOfStrips(
  strips: readonly Buffer[],
  rows: number,
  rowsPerStrip: number,
  { compression, isReversed }: TiffLayout,
  tags: Tags,
): Buffer {
  const header = 8;
  let end = header;
  const offsets = strips.map((strip) => {
    const offset = end;
    end += strip.length;
    return offset;
  });
  const all: Tags = {
    ...tags,
    [Tag.ImageLength]: [rows],
    [Tag.Compression]: [compression],
    [Tag.FillOrder]: [isReversed ? 2 : 1],
    [Tag.StripOffsets]: offsets,
    [Tag.RowsPerStrip]: [rowsPerStrip],
    [Tag.StripByteCounts]: strips.map((strip) => strip.length),
    [Tag.PlanarConfiguration]: [1],
  };
  // In the order of their numbers, as the format asks: that of an object's whole-number keys.
  const entries = Object.entries(all).map(([tag, values]) => entryOf(Number(tag), values));
  const values = Buffer.concat(entries.filter(({ bytes }) => bytes.length > 4).map(({ bytes }) => bytes));
  const directory = Buffer.alloc(2 + 12 * entries.length + 4);
  directory.writeUInt16LE(entries.length, 0);
  let place = end;
  for (const [index, { tag, type, count, bytes }] of entries.entries()) {
    const at = 2 + 12 * index;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(count, at + 4);
    if (bytes.length <= 4) {
      bytes.copy(directory, at + 8);
    } else {
      directory.writeUInt32LE(place, at + 8);
      place += bytes.length;
    }
  }
  const start = Buffer.from('II*\0\0\0\0\0', 'latin1');
  start.writeUInt32LE(end + values.length, 4);
  return Buffer.concat([start, ...strips, values, directory]);
}

const UNDEFINED = 7;
const SHORT = 3;
const LONG = 4;
const SHORT_TAGS: readonly number[] = [Tag.BitsPerSample, Tag.ExtraSamples, Tag.YCbCrSubSampling];

function entryOf(tag: number, values: readonly number[]) {
  const count = values.length;
  if (tag === Tag.JPEGTables) return { tag, type: UNDEFINED, count, bytes: Buffer.from(values) };
  const isShort = SHORT_TAGS.includes(tag);
  const numbers = isShort ? Uint16Array.from(values) : Uint32Array.from(values);
  return { tag, type: isShort ? SHORT : LONG, count, bytes: Buffer.from(numbers.buffer) };
}
