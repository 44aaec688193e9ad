import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HostTensor } from '../../../src/program/program.js';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

const REFERENCE = join(import.meta.dirname, '../../reference/tiny-vit/teacher_final.safetensors');

/** A file by hand: any header, any bytes. */
function fileOf(header: unknown, data: Uint8Array | readonly number[] = []): string {
  const path = join(temporaryFolder(), 'x.safetensors');
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(path, Buffer.concat([length, text, Buffer.from(data)]));
  return path;
}

const bits = (tensor: HostTensor | undefined) =>
  tensor && Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength).toString('hex');

describe('writing and reading', () => {
  const tensor = fc.array(fc.nat({ max: 4 }), { maxLength: 4 }).chain((shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const bytes = fc.uint8Array({ minLength: size * 4, maxLength: size * 4 });
    return fc
      .tuple(bytes, fc.boolean())
      .map(
        ([values, isFloat]): HostTensor =>
          isFloat
            ? { shape, dtype: 'float32', data: new Float32Array(values.slice().buffer) }
            : { shape, dtype: 'int32', data: new Int32Array(values.slice().buffer) },
      );
  });

  test('any tensors of any names come back bit for bit', async () => {
    const path = join(temporaryFolder(), 'x.safetensors');
    const names = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__metadata__');
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(names, tensor), { selector: ([name]) => name, maxLength: 6 }),
        async (entries) => {
          await writeSafetensors(path, Object.fromEntries(entries));
          const read = readSafetensors(path);
          expect(Object.keys(read).length).toBe(entries.length);
          for (const [name, { shape, dtype, data }] of entries) {
            expect(read[name]).toMatchObject({ shape, dtype });
            expect(bits(read[name])).toBe(bits({ shape, dtype, data }));
          }
        },
      ),
      // Such a name sets an object's prototype where it is assigned, and zod's records drop it.
      { examples: [[[['__proto__', { shape: [1], dtype: 'float32', data: Float32Array.of(1) }]]]] },
    );
  });

  test('a part of a larger array is written as that part', async () => {
    const path = join(temporaryFolder(), 'x.safetensors');
    const all = Float32Array.of(1, 2, 3, 4, 5);
    await writeSafetensors(path, { a: { shape: [2], dtype: 'float32', data: all.subarray(1, 3) } });
    expect(readSafetensors(path)['a']?.data).toEqual(Float32Array.of(2, 3));
  });

  test('the layout is that of the reference implementation: the same bytes for the same tensors', async () => {
    const path = join(temporaryFolder(), 'x.safetensors');
    const reference = readFileSync(REFERENCE);
    await writeSafetensors(path, readSafetensors(REFERENCE));
    const written = readFileSync(path);
    expect(written.readBigUInt64LE() % 8n).toBe(0n);
    expect(written.equals(reference)).toBe(true);
  });

  test('metadata beside the tensors are passed over', () => {
    const tensor = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
    const path = fileOf({ __metadata__: { format: 'pt' }, a: tensor }, [0, 0, 0x80, 0x3f]);
    expect(readSafetensors(path)).toEqual({ a: { shape: [1], dtype: 'float32', data: Float32Array.of(1) } });
  });

  test('values that do not fit their shape are refused', async () => {
    const path = join(temporaryFolder(), 'x.safetensors');
    const wrong: HostTensor = { shape: [3], dtype: 'float32', data: Float32Array.of(1) };
    await expect(writeSafetensors(path, { a: wrong })).rejects.toThrow('a has 1 values, but its shape [3] needs 3.');
  });

  test.skipIf(process.platform !== 'linux')('a full disk is an error, not a short file', async () => {
    const tensors = { a: { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) } } as const;
    await expect(writeSafetensors('/dev/full', tensors)).rejects.toMatchObject({ code: 'ENOSPC' });
  });
});

describe('other number formats', () => {
  test.each([
    ['F64', [0, 0, 0, 0, 0, 0, 0xf8, 0xbf], 'float32', -1.5],
    ['F16', [0x00, 0x3c], 'float32', 1],
    ['F16', [0x01, 0x80], 'float32', -(2 ** -24)],
    ['F16', [0xff, 0x7b], 'float32', 65504],
    ['F16', [0x00, 0xfc], 'float32', Number.NEGATIVE_INFINITY],
    ['F16', [0x01, 0x7e], 'float32', Number.NaN],
    ['BF16', [0x49, 0x40], 'float32', 3.140625],
    ['BF16', [0x80, 0xff], 'float32', Number.NEGATIVE_INFINITY],
    ['I64', [0xfe, 255, 255, 255, 255, 255, 255, 255], 'int32', -2],
    ['I32', [1, 0, 0, 0x80], 'int32', -2147483647],
    ['I16', [0xff, 0xff], 'int32', -1],
    ['I8', [0x80], 'int32', -128],
    ['U8', [200], 'int32', 200],
    ['BOOL', [1], 'int32', 1],
  ])('%s %j is %s %d', (dtype, bytes, expectedType, value) => {
    const path = fileOf({ a: { dtype, shape: [], data_offsets: [0, bytes.length] } }, bytes);
    const read = readSafetensors(path)['a'];
    expect(read).toMatchObject({ dtype: expectedType, shape: [] });
    expect(read?.data[0]).toBe(value);
  });

  test('an integer beyond 32 bits is refused rather than cut', () => {
    const path = fileOf({ a: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } }, [0, 0, 0, 0, 1, 0, 0, 0]);
    expect(() => readSafetensors(path)).toThrow('has the value 4294967296, beyond 32 bits.');
  });
});

describe('files that are wrong', () => {
  test('a file cut off at any place is said to be truncated, with both sizes', () => {
    const path = join(temporaryFolder(), 'cut.safetensors');
    const whole = readFileSync(REFERENCE);
    const cuts = [0, 7, 8, 9, 8 + Number(whole.readBigUInt64LE()) - 1, 8 + Number(whole.readBigUInt64LE())];
    fc.assert(
      fc.property(fc.nat({ max: whole.length - 1 }), (size) => {
        writeFileSync(path, whole);
        truncateSync(path, size);
        expect(() => readSafetensors(path)).toThrow(
          new RegExp(`^${path} is truncated: it has ${size} bytes, but at least \\d+ are needed`),
        );
      }),
      { numRuns: 40, examples: [...cuts.map((cut): [number] => [cut]), [whole.length - 1]] },
    );
    expect(statSync(path).size).toBeLessThan(whole.length);
  });

  const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  });

  test.each([
    ['tensors that overlap', { a: f32(0, 8), b: f32(4, 12) }, 12, 'b overlaps the tensor before it'],
    ['a gap', { a: f32(0, 4), b: f32(8, 12) }, 12, 'there are 4 unused bytes before b'],
    ['a gap at the start', { a: f32(4, 8) }, 8, 'there are 4 unused bytes before a'],
    ['bytes at the end', { a: f32(0, 4) }, 8, '4 bytes follow its last tensor'],
    ['a shape that does not fit', { a: f32(0, 4, [2]) }, 4, 'a of shape [2] needs 8 bytes, but has 4'],
    ['an end before the start', { a: f32(8, 4, [1]) }, 8, 'a of shape [1] needs 4 bytes, but has -4'],
    ['a negative shape', { a: f32(0, 4, [-1]) }, 4, 'its header is wrong at a'],
    [
      'an unknown type',
      { a: { ...f32(0, 4), dtype: 'F33' } },
      4,
      'a has the type F33, which safetensors does not have',
    ],
    ['a type that is not read', { a: { ...f32(0, 4), dtype: 'U32' } }, 4, 'a has the type U32, which is not supported'],
    ['a type named like a method', { a: { ...f32(0, 4), dtype: 'toString' } }, 4, 'a has the type toString'],
    ['no JSON', '{"a":', 0, 'its header is not JSON'],
    ['no object', '[1]', 0, 'its header is wrong'],
  ])('%s', (_, header, bytes, problem) => {
    const path = fileOf(header, new Uint8Array(bytes));
    expect(() => readSafetensors(path)).toThrow(`${path} is not a valid safetensors file: ${problem}`);
  });

  test('a header of impossible length is not allocated', () => {
    const path = join(temporaryFolder(), 'x.safetensors');
    writeFileSync(path, Buffer.alloc(16, 0xff));
    expect(() => readSafetensors(path)).toThrow('its header claims to be 18446744073709551615 bytes long');
  });

  test('a file that is not there, and a folder', () => {
    expect(() => readSafetensors('/nowhere/x.safetensors')).toThrow(
      '/nowhere/x.safetensors cannot be read: it does not exist.',
    );
    const folder = temporaryFolder();
    expect(() => readSafetensors(folder)).toThrow(`${folder} cannot be read: it is`);
  });
});
