/** A tensor in a file: what it is, and where its values lie. Values are read only when they are asked for. */
import { type HostTensor, sizeOf } from '../program/program.js';
import { ELEMENT_TYPES, hostTensorOf, isElementType, rowMajor } from './elements.js';
import type { OpenFile } from './openFile.js';

/** Where the values of one or more tensors lie in the file, in bytes. */
export interface StorageBytes {
  readonly begin: number;
  readonly length: number;
}

export class StoredTensor {
  constructor(
    /** As safetensors calls it (`F32`), or as the file does where it is no {@link ElementType}. */
    readonly element: string,
    readonly shape: readonly number[],
    /** Finds its storage. Errors are for whoever asks for the values. */
    readonly locate: () => StorageBytes | Promise<StorageBytes>,
    /** In values, as PyTorch has them. */
    readonly strides: readonly number[] = rowMajor(shape),
    /** Of the first value in the storage, in values. */
    readonly offset = 0,
  ) {}

  /** What its values become in memory; undefined when they cannot be read. */
  get dtype(): HostTensor['dtype'] | undefined {
    return isElementType(this.element) ? ELEMENT_TYPES[this.element].dtype : undefined;
  }

  /** In the file; undefined when its values cannot be read. */
  get byteLength(): number | undefined {
    return isElementType(this.element) ? sizeOf(this.shape) * ELEMENT_TYPES[this.element].bytes : undefined;
  }
}

/**
 * Reads its values, and no more of its storage than they take.
 * @param what names the tensor in an error
 * @throws Error that says why it cannot be read
 */
export async function readStored(file: OpenFile, tensor: StoredTensor, what: string): Promise<HostTensor> {
  const { element, shape, strides } = tensor;
  if (!isElementType(element)) throw new Error(`${what} holds ${element} values, which are not supported`);
  const { begin, end } = await placeOf(file, tensor, ELEMENT_TYPES[element].bytes, what);
  return hostTensorOf(element, shape, file.read(begin, end - begin), what, strides);
}

/** Makes sure that its values are in the file, whatever type they are. Errors as {@link readStored}. */
export async function requireStored(file: OpenFile, tensor: StoredTensor, what: string): Promise<void> {
  const width = isElementType(tensor.element) ? ELEMENT_TYPES[tensor.element].bytes : 0;
  await placeOf(file, tensor, width, what);
}

/** From the first of its values to behind the last, in bytes of the file. */
async function placeOf(file: OpenFile, { shape, strides, offset, locate }: StoredTensor, width: number, what: string) {
  const { begin, length } = await locate();
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
