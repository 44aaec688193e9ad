/** The number formats that checkpoints come in, and how their bytes become a host tensor. */
import { type HostTensor, sizeOf } from '../program/program.js';

export type ElementType = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

interface Element {
  /** Size of one value. */
  readonly bytes: number;
  /** What it becomes in memory. */
  readonly dtype: HostTensor['dtype'];
  /** Value `index` of the little-endian bytes. */
  read(view: DataView, index: number): number;
}

export const ELEMENT_TYPES: Readonly<Record<ElementType, Element>> = {
  F64: { bytes: 8, dtype: 'float32', read: (view, i) => view.getFloat64(8 * i, true) },
  F32: { bytes: 4, dtype: 'float32', read: (view, i) => view.getFloat32(4 * i, true) },
  F16: { bytes: 2, dtype: 'float32', read: (view, i) => halfToNumber(view.getUint16(2 * i, true)) },
  BF16: { bytes: 2, dtype: 'float32', read: (view, i) => bfloatToNumber(view.getUint16(2 * i, true)) },
  I64: { bytes: 8, dtype: 'int32', read: (view, i) => Number(view.getBigInt64(8 * i, true)) },
  I32: { bytes: 4, dtype: 'int32', read: (view, i) => view.getInt32(4 * i, true) },
  I16: { bytes: 2, dtype: 'int32', read: (view, i) => view.getInt16(2 * i, true) },
  I8: { bytes: 1, dtype: 'int32', read: (view, i) => view.getInt8(i) },
  U8: { bytes: 1, dtype: 'int32', read: (view, i) => view.getUint8(i) },
  BOOL: { bytes: 1, dtype: 'int32', read: (view, i) => view.getUint8(i) },
};

/** As PyTorch and NumPy call them, for people: `float16` for `F16`. */
export const numbersOf = (element: string): string =>
  element
    .replace(/^(B?)F(?=\d)/, (_, brain: string) => `${brain.toLowerCase()}float`)
    .replace(/^U(?=\d)/, 'uint')
    .replace(/^I(?=\d)/, 'int')
    .replace(/^BOOL$/, 'bool');

export const isElementType = (name: string): name is ElementType => Object.hasOwn(ELEMENT_TYPES, name);

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * A tensor from its stored bytes, little-endian, row-major without gaps.
 * @param what names the tensor in an error
 * @throws Error when an integer does not fit into 32 bits, as the end of a sentence about the file
 */
export function hostTensorOf(
  element: ElementType,
  shape: readonly number[],
  bytes: Uint8Array,
  what: string,
): HostTensor {
  const { dtype, read } = ELEMENT_TYPES[element];
  const size = sizeOf(shape);
  if (LITTLE_ENDIAN && (element === 'F32' || element === 'I32')) {
    // The bytes are the values: one copy at most, and none when nothing else lies on the buffer.
    const begin = bytes.byteOffset;
    const own = begin === 0 && bytes.buffer.byteLength === size * 4;
    const buffer = own ? bytes.buffer : bytes.buffer.slice(begin, begin + size * 4);
    return element === 'F32'
      ? { shape, dtype: 'float32', data: new Float32Array(buffer) }
      : { shape, dtype: 'int32', data: new Int32Array(buffer) };
  }

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (dtype === 'float32') {
    const data = new Float32Array(size);
    for (let i = 0; i < size; i++) data[i] = read(view, i);
    return { shape, dtype, data };
  }
  const data = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const value = read(view, i);
    data[i] = value;
    if (data[i] !== value) throw new Error(`${what} has the value ${value}, beyond 32 bits`);
  }
  return { shape, dtype, data };
}

/**
 * The bytes of a tensor's values, row-major without gaps.
 * @param bytes begin with its first value, and reach to its last
 * @param width of a value, in bytes
 * @param strides in values, not bytes, as PyTorch has them
 */
export function withoutGaps(
  bytes: Uint8Array,
  width: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array {
  if (rowMajor(shape).every((stride, axis) => stride === strides[axis] || shape[axis] === 1)) return bytes;
  const size = sizeOf(shape);
  const gathered = new Uint8Array(size * width);
  const index = shape.map(() => 0);
  let place = 0;
  for (let i = 0; i < size; i++) {
    for (let byte = 0; byte < width; byte++) gathered[i * width + byte] = bytes[place * width + byte] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      const extent = shape[axis] ?? 1;
      const stride = strides[axis] ?? 0;
      if (next < extent) {
        index[axis] = next;
        place += stride;
        break;
      }
      index[axis] = 0;
      place -= stride * (extent - 1);
    }
  }
  return gathered;
}

/** The strides of a tensor without gaps, in values. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const extent of [...shape].reverse()) {
    strides.unshift(stride);
    stride *= extent;
  }
  return strides;
}

/** IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const scratch = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function bfloatToNumber(bits: number): number {
  scratch.setUint32(0, bits * 0x10000);
  return scratch.getFloat32(0);
}
