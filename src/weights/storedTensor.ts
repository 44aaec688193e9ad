/** A tensor in files: what it is, and where its values lie. Values are read only when they are asked for. */
import { type HostTensor, sizeOf } from '../program/program.js';
import { ELEMENT_TYPES, hostTensorOf, isElementType, rowMajor, withoutGaps } from './elements.js';
import type { OpenFile } from './openFile.js';

/** Where the values of one or more tensors lie in the file, in bytes. */
export interface StorageBytes {
  readonly begin: number;
  readonly length: number;
}

export abstract class StoredTensor {
  /** As safetensors calls it (`F32`), or as the file does where it is no {@link ElementType}. */
  abstract readonly element: string;
  abstract readonly shape: readonly number[];

  /**
   * Reads its values as they are stored: little-endian, row-major without gaps.
   * @param what names the tensor in an error
   * @throws Error that says why it cannot be read, as the end of a sentence about the file
   */
  abstract bytes(what: string): Promise<Uint8Array>;

  /** Reads its values. Errors as {@link bytes}. */
  async read(what: string): Promise<HostTensor> {
    const { element, shape } = this;
    if (!isElementType(element)) throw new Error(`${what} holds ${element} values, which are not supported`);
    return hostTensorOf(element, shape, await this.bytes(what), what);
  }

  /** Makes sure that its values are in the file, whatever type they are. Errors as {@link bytes}. */
  abstract check(what: string): Promise<void>;

  /** What its values become in memory; undefined when they cannot be read. */
  get dtype(): HostTensor['dtype'] | undefined {
    return isElementType(this.element) ? ELEMENT_TYPES[this.element].dtype : undefined;
  }

  /** In the file; undefined when its values cannot be read. */
  get byteLength(): number | undefined {
    return isElementType(this.element) ? sizeOf(this.shape) * ELEMENT_TYPES[this.element].bytes : undefined;
  }
}

/** A tensor whose values lie in one storage of one file. */
export class FileTensor extends StoredTensor {
  constructor(
    private readonly file: OpenFile,
    readonly element: string,
    readonly shape: readonly number[],
    /** Finds its storage. Errors are for whoever asks for the values. */
    private readonly locate: () => StorageBytes | Promise<StorageBytes>,
    /** In values, as PyTorch has them. */
    private readonly strides: readonly number[] = rowMajor(shape),
    /** Of the first value in the storage, in values. */
    private readonly offset = 0,
  ) {
    super();
  }

  /** Reads no more of its storage than its values take. */
  async bytes(what: string): Promise<Uint8Array> {
    const width = widthOf(this, what);
    const { begin, end } = await this.#place(width, what);
    return withoutGaps(this.file.read(begin, end - begin), width, this.shape, this.strides);
  }

  async check(what: string): Promise<void> {
    await this.#place(isElementType(this.element) ? ELEMENT_TYPES[this.element].bytes : 0, what);
  }

  /** From the first of its values to behind the last, in bytes of the file. */
  async #place(width: number, what: string) {
    const { file, shape, strides, offset } = this;
    const { begin, length } = await this.locate();
    const size = sizeOf(shape);
    if (size === 0) return { begin, end: begin };
    const last = shape.reduce((place, extent, axis) => place + (extent - 1) * (strides[axis] ?? 0), offset);
    const end = (last + 1) * width;
    if (end > length) throw new Error(`${what} needs ${end} bytes of storage, but only ${length} are there`);
    // Strides of 0 let a few bytes stand for any number of values, but no network has more of them than its file: memory is finite.
    if (size * width > file.size)
      throw new Error(`${what} claims ${size} values, but the whole file has only ${file.size} bytes`);
    return { begin: begin + offset * width, end: begin + end };
  }
}

/** Of a value, in bytes. */
export function widthOf({ element }: Pick<StoredTensor, 'element'>, what: string): number {
  if (!isElementType(element)) throw new Error(`${what} holds ${element} values, which are not supported`);
  return ELEMENT_TYPES[element].bytes;
}
