/** The first directory of a TIFF file: its tags and their values. Format: Adobe's TIFF 6.0, and BigTIFF. */

/** Tags that are read, by their names in the standard. */
export const Tag = {
  ImageWidth: 256,
  ImageLength: 257,
  BitsPerSample: 258,
  Compression: 259,
  PhotometricInterpretation: 262,
  FillOrder: 266,
  StripOffsets: 273,
  Orientation: 274,
  SamplesPerPixel: 277,
  RowsPerStrip: 278,
  StripByteCounts: 279,
  PlanarConfiguration: 284,
  T4Options: 292,
  T6Options: 293,
  Predictor: 317,
  ColorMap: 320,
  TileWidth: 322,
  TileLength: 323,
  TileOffsets: 324,
  TileByteCounts: 325,
  InkSet: 332,
  ExtraSamples: 338,
  SampleFormat: 339,
  JPEGTables: 347,
  YCbCrCoefficients: 529,
  YCbCrSubSampling: 530,
  ReferenceBlackWhite: 532,
} as const;

interface Entry {
  readonly type: number;
  readonly count: number;
  readonly offset: number;
}

/** Bytes of a value, by its type. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

export class TiffDirectory {
  readonly littleEndian: boolean;
  readonly #file: Buffer;
  readonly #entries = new Map<number, Entry>();

  /** @throws Error when the directory does not lie within the file */
  constructor(file: Buffer) {
    this.#file = file;
    this.littleEndian = file[0] === 0x49;
    const isBig = this.#unsigned(2, 2) === 43;
    const place = isBig ? this.#unsigned(8, 8) : this.#unsigned(4, 4);
    const count = this.#unsigned(place, isBig ? 8 : 2);
    const entryBytes = isBig ? 20 : 12;
    const first = place + (isBig ? 8 : 2);
    if (first + count * entryBytes > file.length) throw new Error(OUTSIDE);
    for (let at = first; at < first + count * entryBytes; at += entryBytes) this.#add(at, isBig);
  }

  /** A tag's values; a rational is its quotient. Undefined when the tag is absent. */
  numbers(tag: number): readonly number[] | undefined {
    const entry = this.#entries.get(tag);
    if (entry === undefined) return undefined;
    const { type, count, offset } = entry;
    const bytes = TYPE_BYTES[type] as number;
    if (offset + count * bytes > this.#file.length) throw new Error(OUTSIDE);
    return Array.from({ length: count }, (_, index) => this.#value(type, offset + index * bytes));
  }

  /** A tag's only or first value. */
  number(tag: number): number | undefined {
    return this.numbers(tag)?.[0];
  }

  #add(at: number, isBig: boolean): void {
    const type = this.#unsigned(at + 2, 2);
    const bytes = TYPE_BYTES[type] ?? 0;
    if (bytes === 0) return;
    const count = this.#unsigned(at + 4, isBig ? 8 : 4);
    const field = at + (isBig ? 12 : 8);
    const inPlace = count * bytes <= (isBig ? 8 : 4);
    const offset = inPlace ? field : this.#unsigned(field, isBig ? 8 : 4);
    this.#entries.set(this.#unsigned(at, 2), { type, count, offset });
  }

  #value(type: number, at: number): number {
    const signed = (length: 1 | 2 | 4): number =>
      this.littleEndian ? this.#file.readIntLE(at, length) : this.#file.readIntBE(at, length);
    switch (type) {
      case 5:
        return this.#unsigned(at, 4) / this.#unsigned(at + 4, 4);
      case 6:
        return signed(1);
      case 8:
        return signed(2);
      case 9:
        return signed(4);
      case 11:
        return this.littleEndian ? this.#file.readFloatLE(at) : this.#file.readFloatBE(at);
      case 12:
        return this.littleEndian ? this.#file.readDoubleLE(at) : this.#file.readDoubleBE(at);
      default:
        return this.#unsigned(at, TYPE_BYTES[type] as 1 | 2 | 4 | 8);
    }
  }

  #unsigned(at: number, length: 1 | 2 | 4 | 8): number {
    if (at + length > this.#file.length) throw new Error(OUTSIDE);
    if (length === 8) {
      return Number(this.littleEndian ? this.#file.readBigUInt64LE(at) : this.#file.readBigUInt64BE(at));
    }
    return this.littleEndian ? this.#file.readUIntLE(at, length) : this.#file.readUIntBE(at, length);
  }
}

const OUTSIDE = 'the file is truncated (a part of its directory lies behind its end)';
