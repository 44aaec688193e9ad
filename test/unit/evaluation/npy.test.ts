/** What NumPy's files are told by, byte by byte. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { npyHeader, npyLead, parseNpy } from '../../../src/evaluation/npy.js';

/** A file of version 1 with this header and these bytes. */
function fileOf(type: string, shape: string, body: Uint8Array, order = 'False'): Buffer {
  const header = Buffer.from(`{'descr': '${type}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`, 'latin1');
  const lead = Buffer.from('\x93NUMPY\x01\0\0\0', 'latin1');
  lead.writeUInt16LE(header.length, 8);
  return Buffer.concat([lead, header, body]);
}
const dataOf = (type: string, shape: string, body: Uint8Array, order?: string) => [
  ...parseNpy(fileOf(type, shape, body, order), 'a.npy').features.data,
];

it('what is written before numbers is what NumPy writes: 128 bytes that end with a line', () => {
  const lead = npyLead(3, 2);
  const literal = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }";
  expect(lead.toString('latin1')).toBe(`\x93NUMPY\x01\0\x76\0${literal.padEnd(117)}\n`);
});

it('numbers are read back from behind their lead, whatever their shape', () => {
  const size = fc.integer({ min: 1, max: 1e9 });
  fc.assert(
    fc.property(size, size, (rows, dim) => {
      const lead = npyLead(rows, dim);
      expect(lead.length % 64).toBe(0);
      expect(npyHeader(lead, 'a.npy')).toEqual({
        ...{ type: '<f4', isColumnMajor: false, shape: [rows, dim], start: lead.length },
      });
    }),
  );
});

it('signs, and the order of bytes, are those of the type', () => {
  expect(dataOf('|i1', '(1, 2)', Buffer.of(0xff, 0x80))).toEqual([-1, -128]);
  expect(dataOf('|u1', '(1, 2)', Buffer.of(0xff, 0x80))).toEqual([255, 128]);
  expect(dataOf('<i2', '(1, 2)', Buffer.of(0xfe, 0xff, 1, 2))).toEqual([-2, 513]);
  expect(dataOf('>i2', '(1, 2)', Buffer.of(0xff, 0xfe, 1, 2))).toEqual([-2, 258]);
  expect(dataOf('<u4', '(1, 1)', Buffer.of(0xfe, 0xff, 0xff, 0xff))).toEqual([4294967294]);
  expect(dataOf('>i4', '(1, 1)', Buffer.of(0xff, 0xff, 0xff, 0xfe))).toEqual([-2]);
  expect(dataOf('<i8', '(1, 1)', Buffer.alloc(8, 0xff))).toEqual([-1]);
  expect(dataOf('|b1', '(1, 3)', Buffer.of(0, 1, 7))).toEqual([0, 1, 1]);
  for (const type of ['=i2', 'i2'])
    expect(dataOf(type, '(1, 1)', new Uint8Array(Int16Array.of(513).buffer)), 'of this machine').toEqual([513]);
});

it('halves have a sign, an exponent and a fraction', () => {
  const halves = Buffer.from(Uint16Array.of(0x3c00, 0xbc00, 0x3555, 0x7bff, 0x0001, 0x83ff, 0x8000, 0x4248).buffer);
  expect(dataOf('<f2', '(1, 8)', halves)).toEqual([
    ...[1, -1, 1365 / 4096, 65504, 2 ** -24, -1023 * 2 ** -24, -0, 3.140625],
  ]);
});

it('whole numbers are rounded only beyond what a double holds, and counted', () => {
  const notesOf = (...values: readonly bigint[]) =>
    parseNpy(fileOf('<i8', `(1, ${values.length})`, new Uint8Array(BigInt64Array.from(values).buffer)), 'a.npy').notes;
  expect(notesOf(2n ** 53n, -(2n ** 53n), 2n ** 62n, 5n)).toEqual([]);
  expect(notesOf(2n ** 53n + 1n, -(2n ** 53n) - 1n)).toEqual([
    'a.npy: 2 whole numbers are beyond 2^53 and rounded to doubles',
  ]);
});

it('single precision stays so, and whole numbers are doubles', () => {
  const data = (type: string, body: Uint8Array) => parseNpy(fileOf(type, '(1, 1)', body), 'a.npy').features.data;
  expect(data('<f2', Buffer.alloc(2))).toBeInstanceOf(Float32Array);
  expect(data('<f4', Buffer.alloc(4))).toBeInstanceOf(Float32Array);
  expect(data('<f8', Buffer.alloc(8))).toBeInstanceOf(Float64Array);
  expect(data('<i4', Buffer.alloc(4))).toBeInstanceOf(Float64Array);
  expect(data('<u2', Buffer.alloc(2))).toBeInstanceOf(Float64Array);
});

it('columns that come first are put into rows, in three dimensions too', () => {
  // NumPy: numpy.asfortranarray(numpy.arange(24).reshape(2, 3, 4)).tobytes('A')
  const first = [0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23];
  const { features, notes } = parseNpy(fileOf('|u1', '(2, 3, 4)', Buffer.from(first), 'True'), 'a.npy');
  expect([...features.data]).toEqual(Array.from({ length: 24 }, (_, i) => i));
  expect(features).toMatchObject({ rows: 2, dim: 12 });
  expect(notes).toEqual(['a.npy: of the shape (2, 3, 4), each 3 x 4 is one row of 12 numbers']);
  expect(parseNpy(fileOf('|u1', '(2, 3)', Buffer.alloc(6)), 'a.npy').notes, 'a matrix is one as it is').toEqual([]);
});

it('a shape may be of long integers, as Python 2 wrote them', () => {
  expect(npyHeader(fileOf('<f4', '(3L, 2L)', Buffer.of()), 'a.npy').shape).toEqual([3, 2]);
  expect(npyHeader(fileOf('<f4', '()', Buffer.of()), 'a.npy').shape).toEqual([]);
  expect(npyHeader(fileOf('<f4', '(3 , )', Buffer.of()), 'a.npy').shape).toEqual([3]);
});

it('what is no matrix, and what is of no number, is refused with its shape', () => {
  const refusal = (shape: string) => () => parseNpy(fileOf('|u1', shape, Buffer.of()), 'a.npy');
  expect(refusal('()')).toThrow(
    'a.npy has the shape (): a matrix is expected, a row for each image; reshape it to (n, 1) or (1, n).',
  );
  expect(refusal('(5,)')).toThrow('a.npy has the shape (5,): a matrix is expected');
  expect(refusal('(2, 0)')).toThrow('a.npy has the shape (2, 0): there are no numbers in it.');
});

it('numbers that are not finite are named by row and column', () => {
  const floats = Float32Array.of(1, 2, 3, 4, Number.NaN, 6);
  const bytes = new Uint8Array(floats.buffer);
  expect(() => parseNpy(fileOf('<f4', '(2, 3)', bytes), 'a.npy')).toThrow(
    'a.npy has NaN in row 1, column 1 (counted from 0): finite numbers are expected.',
  );
  expect(() => parseNpy(fileOf('<f4', '(3, 2)', bytes, 'True'), 'a.npy')).toThrow('has NaN in row 1, column 1');
});

it.each([
  ['|O', 'Python objects, which are not read: they could run a program'],
  ['<c16', 'complex numbers: save their real parts, or their absolute values'],
  ['<U7', 'texts, not numbers'],
  ['|S7', 'texts, not numbers'],
  ['|a7', 'texts, not numbers'],
  ['|V8', 'raw bytes, not numbers'],
  ['<M8[s]', 'dates, not numbers'],
  ['<m8[s]', 'spans of time, not numbers'],
])('the type %s is refused by what it is', (type, what) => {
  expect(() => parseNpy(fileOf(type, '(1, 1)', Buffer.alloc(16)), 'a.npy')).toThrow(
    `a.npy holds ${what} (its type is ${type}).`,
  );
});

it.each(['<f16', '<i3', '<x4', '', '4'])('the type “%s” is not read', (type) => {
  expect(() => parseNpy(fileOf(type, '(1, 1)', Buffer.alloc(16)), 'a.npy')).toThrow(
    `a.npy holds numbers of the type ${type}, which is not read: save it with astype('float32').`,
  );
});

it('numbers are announced and counted, and one byte more or less is damage', () => {
  for (const length of [5, 7])
    expect(() => parseNpy(fileOf('<i2', '(3, 1)', Buffer.alloc(length)), 'a.npy')).toThrow(
      `a.npy is damaged: 3 x 1 numbers of 2 bytes are announced, which are 6 bytes, but ${length} are there.`,
    );
});
