/** The bytes of a pickle, read from front to back. Nothing is copied but text and numbers. */

/** The bytes end before the pickle does. */
export class PickleTruncatedError extends Error {
  override readonly name = 'PickleTruncatedError';
}

const UTF8 = new TextDecoder('utf-8');
const LATIN1 = new TextDecoder('latin1');

export class PickleCursor {
  readonly #view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    /** Of the next byte. */
    public place: number,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Error naming the place. */
  damage(what: string): Error {
    return new Error(`the pickle is damaged at byte ${this.place}: ${what}`);
  }

  uint8 = (): number => this.#view.getUint8(this.skip(1));
  uint16 = (): number => this.#view.getUint16(this.skip(2), true);
  int32 = (): number => this.#view.getInt32(this.skip(4), true);
  uint32 = (): number => this.#view.getUint32(this.skip(4), true);
  /** Beyond 2^53 rounded: no file is that long. */
  uint64 = (): number => Number(this.#view.getBigUint64(this.skip(8), true));
  /** Big-endian, unlike everything else. */
  float64 = (): number => this.#view.getFloat64(this.skip(8), false);

  /** @returns the place that was left */
  skip(length: number): number {
    const start = this.place;
    if (length > this.bytes.length - start) throw new PickleTruncatedError('the pickle is cut off');
    this.place += length;
    return start;
  }

  raw(length: number): Uint8Array {
    return this.bytes.subarray(this.skip(length), this.place);
  }

  utf8 = (length: number): string => UTF8.decode(this.raw(length));
  latin1 = (length: number): string => LATIN1.decode(this.raw(length));

  /** Up to the next line feed, without it. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.place);
    if (end < 0) throw new PickleTruncatedError('the pickle is cut off');
    const line = this.utf8(end - this.place);
    this.skip(1);
    return line;
  }
}
