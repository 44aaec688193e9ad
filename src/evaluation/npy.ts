/** NumPy's .npy (NEP 1): arrays of every kind of real number, in each byte order, row by row or column by column. */
import { endianness } from 'node:os';
import { counted } from '../text/counted.js';

export interface NumberMatrix {
  readonly rows: number;
  readonly dim: number;
  /** [rows, dim], row-major. */
  readonly data: Float32Array | Float64Array;
}

export interface NpyHeader {
  /** As NumPy writes it, such as <f4. */
  readonly type: string;
  readonly isColumnMajor: boolean;
  readonly shape: readonly number[];
  /** Where the numbers begin, in bytes. */
  readonly start: number;
}

export const NPY_MAGIC = '\x93NUMPY';

/** @throws Error with one sentence when it is no .npy, or its header cannot be understood */
export function npyHeader(bytes: Buffer, file: string): NpyHeader {
  if (bytes.toString('latin1', 0, NPY_MAGIC.length) !== NPY_MAGIC) throw new Error(`${file} is not a NumPy file.`);
  const damaged = new Error(`${file} is damaged: it ends within its header.`);
  if (bytes.length < NPY_MAGIC.length + 6) throw damaged;
  const version = bytes.readUInt8(NPY_MAGIC.length);
  if (version < 1 || version > 3)
    throw new Error(`${file} is of version ${version} of NumPy's format; 1 to 3 are read.`);
  const lead = NPY_MAGIC.length + (version === 1 ? 4 : 6);
  const length = version === 1 ? bytes.readUInt16LE(NPY_MAGIC.length + 2) : bytes.readUInt32LE(NPY_MAGIC.length + 2);
  const start = lead + length;
  if (start > bytes.length) throw damaged;
  const header = bytes.toString(version === 3 ? 'utf8' : 'latin1', lead, start);
  // A Python literal: NumPy reads it with any spaces, and with either kind of quotation marks.
  const type = /['"]descr['"]\s*:\s*(?:['"]([^'"]*)['"]|\[)/.exec(header);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(header)?.[1];
  const sizes = /['"]shape['"]\s*:\s*\(([^)]*)\)/.exec(header)?.[1];
  if (type === null || order === undefined || sizes === undefined)
    throw new Error(`${file} is damaged: its header says ${header.trim()}.`);
  const shape = sizes.split(',').filter((size) => size.trim() !== '');
  return {
    type: type[1] ?? 'structured',
    isColumnMajor: order === 'True',
    shape: shape.map((size) => Number(size.replace(/L\s*$/, ''))),
    start,
  };
}

/** The matrix in it, and what was decided to make it one. @throws Error with one sentence */
export function parseNpy(bytes: Buffer, file: string): { features: NumberMatrix; notes: string[] } {
  const header = npyHeader(bytes, file);
  const { type, shape, isColumnMajor } = header;
  const { size, read } = readerOf(type, file);
  const { rows, dim, notes } = matrixShape(shape, file);
  const count = rows * dim;
  const body = bytes.subarray(header.start);
  if (body.length !== count * size)
    throw new Error(
      `${file} is damaged: ${shape.join(' x ')} numbers of ${size} bytes are announced, which are ${count * size} bytes, but ${body.length} are there.`,
    );
  const { values, rounded } = read(body, count);
  if (rounded > 0)
    notes.push(
      `${file}: ${counted(rounded, 'whole number is', 'whole numbers are')} beyond 2^53 and rounded to doubles`,
    );
  const data = isColumnMajor ? rowMajor(values, shape) : values;
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at >= 0)
    throw new Error(
      `${file} has ${data[at]} in row ${Math.floor(at / dim)}, column ${at % dim} (counted from 0): finite numbers are expected.`,
    );
  return { features: { rows, dim, data }, notes };
}

function matrixShape(shape: readonly number[], file: string) {
  const text = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const [rows, ...others] = shape;
  if (rows === undefined || others.length === 0)
    throw new Error(
      `${file} has the shape ${text}: a matrix is expected, a row for each image; reshape it to (n, 1) or (1, n).`,
    );
  const dim = others.reduce((product, size) => product * size, 1);
  if (rows * dim === 0) throw new Error(`${file} has the shape ${text}: there are no numbers in it.`);
  const notes =
    others.length > 1 ? [`${file}: of the shape ${text}, each ${others.join(' x ')} is one row of ${dim} numbers`] : [];
  return { rows, dim, notes };
}

/** From the first index running fastest to the last one. */
function rowMajor<T extends Float32Array | Float64Array>(values: T, shape: readonly number[]): T {
  const ordered = values.slice() as T;
  const strides: number[] = [];
  shape.reduce((stride, size) => {
    strides.push(stride);
    return stride * size;
  }, 1);
  const index = shape.map(() => 0);
  for (let place = 0, from = 0; place < values.length; place++) {
    ordered[place] = values[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [size, stride] = [shape[axis] as number, strides[axis] as number];
      index[axis] = (index[axis] as number) + 1;
      from += stride;
      if ((index[axis] as number) < size) break;
      index[axis] = 0;
      from -= stride * size;
    }
  }
  return ordered;
}

interface Reader {
  /** Of one number, in bytes. */
  readonly size: number;
  /** Rounded: whole numbers that a double does not hold. */
  read(body: Buffer, count: number): { values: Float32Array | Float64Array; rounded: number };
}

const REFUSED: Readonly<Record<string, string>> = {
  O: 'Python objects, which are not read: they could run a program',
  c: 'complex numbers: save their real parts, or their absolute values',
  U: 'texts, not numbers',
  S: 'texts, not numbers',
  a: 'texts, not numbers',
  V: 'raw bytes, not numbers',
  M: 'dates, not numbers',
  m: 'spans of time, not numbers',
};

function readerOf(type: string, file: string): Reader {
  if (type === 'structured') throw new Error(`${file} holds a structured array: save its numbers as a plain matrix.`);
  const [, order = '', kind = '', digits = ''] = /^([<>|=]?)([a-zA-Z?])(\d*)/.exec(type) ?? [];
  const refused = REFUSED[kind];
  if (refused !== undefined) throw new Error(`${file} holds ${refused} (its type is ${type}).`);
  const size = kind === '?' ? 1 : Number(digits);
  const isLittle = order === '<' || (order !== '>' && endianness() === 'LE');
  const get = GETTERS[`${kind === '?' ? 'b' : kind}${size}`];
  if (get === undefined)
    throw new Error(`${file} holds numbers of the type ${type}, which is not read: save it with astype('float32').`);
  return { size, read: (body, count) => readAll(body, count, size, get, isLittle, type) };
}

function readAll(body: Buffer, count: number, size: number, get: Getter, isLittle: boolean, type: string) {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const values = /f[24]/.test(type) ? new Float32Array(count) : new Float64Array(count);
  let rounded = 0;
  for (let at = 0; at < count; at++) {
    const value = get(view, at * size, isLittle);
    values[at] = Number(value);
    if (typeof value === 'bigint' && BigInt(values[at] as number) !== value) rounded++;
  }
  return { values, rounded };
}

type Getter = (view: DataView, at: number, isLittle: boolean) => number | bigint;

const GETTERS: Readonly<Record<string, Getter>> = {
  b1: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
  i1: (view, at) => view.getInt8(at),
  u1: (view, at) => view.getUint8(at),
  i2: (view, at, isLittle) => view.getInt16(at, isLittle),
  u2: (view, at, isLittle) => view.getUint16(at, isLittle),
  i4: (view, at, isLittle) => view.getInt32(at, isLittle),
  u4: (view, at, isLittle) => view.getUint32(at, isLittle),
  i8: (view, at, isLittle) => view.getBigInt64(at, isLittle),
  u8: (view, at, isLittle) => view.getBigUint64(at, isLittle),
  f2: (view, at, isLittle) => halfPrecision(view.getUint16(at, isLittle)),
  f4: (view, at, isLittle) => view.getFloat32(at, isLittle),
  f8: (view, at, isLittle) => view.getFloat64(at, isLittle),
};

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of the fraction. */
function halfPrecision(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

const HEADER_UNIT = 64;

/** What comes before the numbers of a float32 matrix, row by row: version 1.0 of the format. */
export function npyLead(rows: number, dim: number): Buffer {
  const literal = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${dim}), }`;
  const unpadded = NPY_MAGIC.length + 4 + literal.length + 1;
  const header = `${literal}${' '.repeat(HEADER_UNIT - (unpadded % HEADER_UNIT))}\n`;
  const lead = Buffer.alloc(NPY_MAGIC.length + 4);
  lead.write(NPY_MAGIC, 'latin1');
  lead.writeUInt8(1, NPY_MAGIC.length);
  lead.writeUInt16LE(header.length, NPY_MAGIC.length + 2);
  return Buffer.concat([lead, Buffer.from(header, 'latin1')]);
}
