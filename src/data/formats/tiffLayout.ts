/** What a TIFF file's samples are and where they lie, from its tags. What is not supported is refused here, by what it is. */
import { requireSize } from './limits.js';
import { Tag, type TiffDirectory } from './tiffDirectory.js';

export const Photometric = {
  whiteIsZero: 0,
  blackIsZero: 1,
  rgb: 2,
  palette: 3,
  cmyk: 5,
  ycbcr: 6,
  cieLab: 8,
  iccLab: 9,
} as const;
export type Photometric = (typeof Photometric)[keyof typeof Photometric];

const OTHER_PHOTOMETRICS: Readonly<Record<number, string>> = {
  4: 'a transparency mask',
  10: 'ITU CIELAB colors',
  32803: 'the raw data of a camera (a color filter array)',
  32844: 'high dynamic range (LogL)',
  32845: 'high dynamic range (LogLuv)',
  34892: 'the raw data of a camera (LinearRaw)',
};

/** Color samples of a pixel, before extra samples. */
const COLORS: Readonly<Record<Photometric, number>> = { 0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3, 8: 3, 9: 3 };

export const Compression = {
  none: 1,
  ccittRle: 2,
  ccitt3: 3,
  ccitt4: 4,
  lzw: 5,
  jpeg: 7,
  deflate: 8,
  packBits: 32_773,
  oldDeflate: 32_946,
  webp: 50_001,
} as const;

const OTHER_COMPRESSIONS: Readonly<Record<number, string>> = {
  6: 'old-style JPEG',
  9: 'JBIG',
  10: 'JBIG',
  32766: 'NeXT',
  32771: 'CCITT RLE in words',
  32809: 'ThunderScan',
  32908: 'PixarFilm',
  32909: 'PixarLog',
  33003: 'JPEG 2000',
  33004: 'JPEG 2000',
  33005: 'JPEG 2000',
  34661: 'JBIG',
  34676: 'SGILog',
  34677: 'SGILog',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34892: 'lossy JPEG of DNG',
  34925: 'LZMA',
  34933: 'PNG',
  34934: 'JPEG XR',
  50000: 'Zstandard',
  50002: 'JPEG XL',
  52546: 'JPEG XL',
};

/** What extra samples may mean; 0 is unspecified, and so is every other number. */
const ASSOCIATED_ALPHA = 1;
const UNASSOCIATED_ALPHA = 2;

/** A strip or a tile of the file. */
export interface Chunk {
  readonly offset: number;
  /** Undefined where the file does not say it. */
  readonly bytes: number | undefined;
}

export interface TiffLayout {
  readonly width: number;
  readonly height: number;
  readonly littleEndian: boolean;
  readonly photometric: Photometric;
  /** Of each sample, 1 to 16. */
  readonly bits: number;
  /** Of a pixel, extra samples included. */
  readonly samples: number;
  /** Samples of a pixel that are colors: the first ones. */
  readonly colors: number;
  /** Which sample is transparency, when one is. */
  readonly alpha: { readonly sample: number; readonly isAssociated: boolean } | undefined;
  readonly orientation: number;
  readonly compression: number;
  readonly isReversed: boolean;
  readonly isDifferenced: boolean;
  /** Whether each sample lies in a plane of its own. */
  readonly isPlanar: boolean;
  /** Of chroma against luma, across and down. */
  readonly subsampling: readonly [number, number];
  readonly isTiled: boolean;
  readonly chunkWidth: number;
  readonly chunkHeight: number;
  readonly across: number;
  readonly down: number;
  /** Row by row; of planes, one after the other. */
  readonly chunks: readonly Chunk[];
}

/** @throws Error with what is not supported, or damaged */
export function layoutOf(directory: TiffDirectory): TiffLayout {
  const width = directory.number(Tag.ImageWidth) ?? 0;
  const height = directory.number(Tag.ImageLength) ?? 0;
  requireSize(width, height);
  const samples = directory.number(Tag.SamplesPerPixel) ?? 1;
  const bits = bitsOf(directory);
  const photometric = photometricOf(directory, samples);
  const compression = compressionOf(directory);
  requireIntegers(directory, bits);
  const colors = COLORS[photometric];
  if (samples < colors) throw new Error(`the file is damaged (${samples} of ${colors} color samples a pixel)`);
  const subsampling = subsamplingOf(directory, photometric, compression);
  requireFittingBits(photometric, bits);
  const layout = {
    width,
    height,
    littleEndian: directory.littleEndian,
    photometric,
    bits,
    samples,
    colors,
    alpha: alphaOf(directory, samples, colors),
    orientation: directory.number(Tag.Orientation) ?? 1,
    compression,
    isReversed: directory.number(Tag.FillOrder) === 2,
    isDifferenced: isDifferenced(directory, compression, bits),
    isPlanar: directory.number(Tag.PlanarConfiguration) === 2 && samples > 1,
    subsampling,
  };
  const isSubsampled = subsampling.some((factor) => factor > 1);
  if (isSubsampled && (layout.isPlanar || layout.isDifferenced || samples > 3)) {
    throw new Error('a TIFF whose subsampled YCbCr samples lie in planes or differences is not supported');
  }
  return { ...layout, ...chunksOf(directory, width, height, layout.isPlanar ? samples : 1) };
}

function bitsOf(directory: TiffDirectory): number {
  const [bits = 1, ...others] = directory.numbers(Tag.BitsPerSample) ?? [];
  if (others.some((other) => other !== bits)) {
    throw new Error(`a TIFF with samples of different depths (${[bits, ...others].join(', ')} bits) is not supported`);
  }
  return bits;
}

function photometricOf(directory: TiffDirectory, samples: number): Photometric {
  const number = directory.number(Tag.PhotometricInterpretation);
  if (number === undefined)
    throw new Error('its TIFF does not say what its samples mean (no PhotometricInterpretation)');
  const photometric = Object.values(Photometric).find((known) => known === number);
  if (photometric === undefined) {
    const name = OTHER_PHOTOMETRICS[number] ?? `photometric interpretation ${number}`;
    throw new Error(`a TIFF with ${name} is not supported`);
  }
  const isGray = photometric === Photometric.blackIsZero || photometric === Photometric.whiteIsZero;
  if (isGray && samples > 2) {
    throw new Error(
      `it has ${samples} bands and does not say which are red, green and blue: save the three that are to be seen as an RGB image`,
    );
  }
  const inkSet = directory.number(Tag.InkSet) ?? 1;
  if (photometric === Photometric.cmyk && inkSet !== 1)
    throw new Error('a TIFF with inks other than CMYK is not supported');
  return photometric;
}

function compressionOf(directory: TiffDirectory): number {
  const number = directory.number(Tag.Compression) ?? Compression.none;
  if (Object.values(Compression).some((known) => known === number)) return number;
  const name = OTHER_COMPRESSIONS[number] ?? `number ${number}`;
  throw new Error(`a TIFF with compression ${name} is not supported: save it with LZW or deflate compression`);
}

const SAMPLE_FORMATS = ['', 'unsigned integer', 'signed integer', 'floating-point', '', 'complex integer', 'complex'];

/** Only unsigned integers of up to 16 bits have a range that is known. */
function requireIntegers(directory: TiffDirectory, bits: number): void {
  const formats = directory.numbers(Tag.SampleFormat) ?? [];
  for (const format of formats) {
    // 4, "undefined", says no more than an absent tag.
    if (format === 1 || format === 4) continue;
    const name = SAMPLE_FORMATS[format] ?? `format ${format}`;
    throw new Error(`it has ${bits}-bit ${name} samples, whose range is not known: ${SAVE_DEPTH}`);
  }
  if (bits > 16) throw new Error(`it has ${bits}-bit integer samples, whose range is not known: ${SAVE_DEPTH}`);
  if (bits < 1) throw new Error('the file is damaged (samples of 0 bits)');
}

const SAVE_DEPTH = 'scale them to 8 or 16 bits and save the image again';

function requireFittingBits(photometric: Photometric, bits: number): void {
  const { palette, ycbcr, cieLab, iccLab } = Photometric;
  const isByteOnly = photometric === ycbcr || photometric === cieLab || photometric === iccLab;
  if (isByteOnly && bits !== 8) {
    throw new Error(
      `a TIFF with ${photometric === ycbcr ? 'YCbCr' : 'CIELAB'} samples of ${bits} bits is not supported`,
    );
  }
  if (photometric === palette && bits > 8) throw new Error(`a TIFF with a palette of ${bits} bits is not supported`);
}

function alphaOf(directory: TiffDirectory, samples: number, colors: number): TiffLayout['alpha'] {
  const extra = (directory.numbers(Tag.ExtraSamples) ?? []).slice(0, samples - colors);
  const index = extra.findIndex((meaning) => meaning === ASSOCIATED_ALPHA || meaning === UNASSOCIATED_ALPHA);
  return index < 0 ? undefined : { sample: colors + index, isAssociated: extra[index] === ASSOCIATED_ALPHA };
}

/** Deflate, LZW and the like may have been given differences between neighbors. */
function isDifferenced(directory: TiffDirectory, compression: number, bits: number): boolean {
  const { lzw, deflate, oldDeflate } = Compression;
  const predictor = directory.number(Tag.Predictor) ?? 1;
  if (![lzw, deflate, oldDeflate].some((known) => known === compression) || predictor === 1) return false;
  if (predictor === 2 && (bits === 8 || bits === 16)) return true;
  throw new Error(`a TIFF with predictor ${predictor} for ${bits}-bit samples is not supported`);
}

function subsamplingOf(directory: TiffDirectory, photometric: Photometric, compression: number): [number, number] {
  // JPEG's decoder interpolates by itself.
  if (photometric !== Photometric.ycbcr || compression === Compression.jpeg) return [1, 1];
  const [across = 2, down = 2] = directory.numbers(Tag.YCbCrSubSampling) ?? [];
  const isKnown = [across, down].every((factor) => factor === 1 || factor === 2 || factor === 4);
  if (!isKnown) throw new Error(`the file is damaged (chroma subsampling of ${across} x ${down})`);
  return [across, down];
}

function chunksOf(
  directory: TiffDirectory,
  width: number,
  height: number,
  planes: number,
): Pick<TiffLayout, 'isTiled' | 'chunkWidth' | 'chunkHeight' | 'across' | 'down' | 'chunks'> {
  const tileWidth = directory.number(Tag.TileWidth);
  const isTiled = tileWidth !== undefined;
  const chunkWidth = tileWidth ?? width;
  const chunkHeight = isTiled
    ? (directory.number(Tag.TileLength) ?? 0)
    : Math.min(directory.number(Tag.RowsPerStrip) ?? height, height);
  if (!(chunkWidth > 0 && chunkHeight > 0)) throw new Error('the file is damaged (tiles or strips without a size)');
  // Some writers use the tags of strips for tiles.
  const offsets = (isTiled && directory.numbers(Tag.TileOffsets)) || directory.numbers(Tag.StripOffsets);
  const counts = (isTiled && directory.numbers(Tag.TileByteCounts)) || directory.numbers(Tag.StripByteCounts);
  const across = Math.ceil(width / chunkWidth);
  const down = Math.ceil(height / chunkHeight);
  const needed = across * down * planes;
  if (offsets === undefined || offsets.length < needed) {
    throw new Error(`the file is damaged (${offsets?.length ?? 'no'} of ${needed} ${isTiled ? 'tiles' : 'strips'})`);
  }
  const chunks = offsets.slice(0, needed).map((offset, index) => ({ offset, bytes: counts?.[index] || undefined }));
  return { isTiled, chunkWidth, chunkHeight, across, down, chunks };
}
