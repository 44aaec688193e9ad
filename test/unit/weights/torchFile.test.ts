import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entriesOf, PickledObject } from '../../../src/weights/pickle/values.js';
import { openWeights } from '../../../src/weights/weightsFile.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import {
  call,
  dict,
  global,
  integer,
  list,
  namespace,
  none,
  pickle,
  tensor,
  text,
  tuple,
  writeLegacy,
  writeZip,
} from './torchFiles.js';

const CHECKPOINT = join(import.meta.dirname, '../../reference/tiny-vit/checkpoint.pth');
const file = () => join(temporaryFolder(), 'x.pth');
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

async function rootOf(path: string): Promise<unknown> {
  const opened = await openWeights(path);
  opened.close();
  return opened.root;
}

async function tensorOf(path: string, name = 'w') {
  const opened = await openWeights(path);
  try {
    const stored = opened.tensor(entriesOf(opened.root)?.get(name), name);
    if (!stored) throw new Error('no such tensor');
    return await opened.read(stored, name);
  } finally {
    opened.close();
  }
}

describe('plain data', () => {
  test('what the original saves beside the weights', async () => {
    const root = entriesOf(await rootOf(CHECKPOINT));
    expect(root?.get('epoch')).toBe(2);
    const args = entriesOf(root?.get('args'));
    expect(args && Object.fromEntries(args)).toMatchObject({ arch: 'vit_tiny', patch_size: 8, lr: 0.004 });
  });

  test('is left as the call that Python would make', async () => {
    const path = file();
    const where = call(global('pathlib', 'PosixPath'), text('data'), text('train'));
    writeZip(path, dict({ a: list(integer(1), text('zwei'), none, tuple()), where }));
    const root = entriesOf(await rootOf(path));
    expect(root?.get('a')).toEqual([1, 'zwei', null, []]);
    const made = root?.get('where');
    expect(made instanceof PickledObject && [made.maker.name, made.args]).toEqual([
      'pathlib.PosixPath',
      ['data', 'train'],
    ]);
  });
});

describe('tensors', () => {
  test('a transposed view, an expanded one, and one amid its storage', async () => {
    const path = file();
    const of = (shape: number[], strides: number[], offset = 0) =>
      tensor({ key: '0', length: 6, shape, strides, offset });
    writeZip(
      path,
      dict({ w: of([3, 2], [1, 3]), expanded: of([2, 2], [0, 1]), amid: of([2], [1], 3), scalar: of([], [], 5) }),
      {
        0: floats(1, 2, 3, 4, 5, 6),
      },
    );
    expect(await tensorOf(path)).toEqual({ shape: [3, 2], dtype: 'float32', data: Float32Array.of(1, 4, 2, 5, 3, 6) });
    expect((await tensorOf(path, 'expanded')).data).toEqual(Float32Array.of(1, 2, 1, 2));
    expect((await tensorOf(path, 'amid')).data).toEqual(Float32Array.of(4, 5));
    expect((await tensorOf(path, 'scalar')).data).toEqual(Float32Array.of(6));
  });

  test('other number formats', async () => {
    const path = file();
    const of = (key: string, type: string) => tensor({ key, length: 1, shape: [1], strides: [1], type });
    writeZip(
      path,
      dict({
        half: of('0', 'HalfStorage'),
        long: of('1', 'LongStorage'),
        parameter: call(global('torch._utils', '_rebuild_parameter'), of('0', 'HalfStorage'), none, none),
      }),
      {
        0: Uint8Array.of(0, 0x3c),
        1: Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0),
      },
    );
    expect((await tensorOf(path, 'half')).data).toEqual(Float32Array.of(1));
    expect((await tensorOf(path, 'long')).data).toEqual(Int32Array.of(7));
    expect((await tensorOf(path, 'parameter')).data).toEqual(Float32Array.of(1));
  });

  test('the format of older versions of PyTorch', async () => {
    const path = file();
    const of = (key: string, shape: number[], strides: number[]) =>
      tensor({ key, length: 4, shape, strides, legacy: true });
    writeLegacy(path, dict({ w: of('140', [2, 2], [1, 2]), v: of('7', [4], [1]) }), {
      140: { length: 4, bytes: floats(1, 2, 3, 4) },
      7: { length: 4, bytes: floats(5, 6, 7, 8) },
    });
    expect((await tensorOf(path)).data).toEqual(Float32Array.of(1, 3, 2, 4));
    expect((await tensorOf(path, 'v')).data).toEqual(Float32Array.of(5, 6, 7, 8));
    const whole = readFileSync(path);
    for (const size of [3, 20, 100, whole.length - 40, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, size));
      await expect(openWeights(path)).rejects.toThrow(`${path} is truncated`);
    }
  });

  test('older files with a long list of names are read in parts', async () => {
    const path = file();
    const w = tensor({ key: '1', length: 1, shape: [1], strides: [1], legacy: true });
    writeLegacy(path, dict({ long: text('x'.repeat(3 << 20)), w }), { 1: { length: 1, bytes: floats(9) } });
    expect((await tensorOf(path)).data).toEqual(Float32Array.of(9));
  });

  test.each([
    ['a view beyond its storage', { shape: [7], strides: [1] }, 'w needs 28 bytes of storage, but only 24 are there'],
    ['strides beyond it', { shape: [2, 2], strides: [5, 1] }, 'w needs 28 bytes of storage, but only 24 are there'],
    [
      'a storage of another length',
      { shape: [1], strides: [1], length: 7 },
      'its part data/0 should have 28 bytes, but has 24',
    ],
    ['a storage that is missing', { shape: [1], strides: [1], key: '9' }, 'its part data/9 is missing'],
  ])('%s', async (_, options, problem) => {
    const path = file();
    writeZip(path, dict({ w: tensor({ key: '0', length: 6, ...options }) }), { 0: floats(1, 2, 3, 4, 5, 6) });
    await expect(tensorOf(path)).rejects.toThrow(`${path} cannot be read: ${problem}.`);
  });
});

describe('a file that names what runs programs is refused by that name', () => {
  const evil = global('os', 'system');
  test.each([
    ['called', call(evil, text('touch /tmp/owned')), 'os.system'],
    ['only named', evil, 'os.system'],
    ['hidden in the arguments', namespace({ lr: call(evil, text('true')) }), 'os.system'],
    ['protocol 4', Buffer.concat([text('os'), text('system'), Buffer.from([0x93])]), 'os.system'],
    ['protocol 0', Buffer.from('(S"true"\nios\nsystem\n', 'latin1'), 'os.system'],
    ['as an old object', Buffer.concat([Buffer.from('('), evil, text('true'), Buffer.from('o')]), 'os.system'],
    ['a storage of it', tensor({ key: '0', length: 1, shape: [1], strides: [1], type: 'load' }), 'torch.load'],
  ])('%s', async (_, root, name) => {
    const path = file();
    writeZip(path, dict({ w: root }));
    await expect(openWeights(path)).rejects.toThrow(`${path} cannot be read: it names ${name}, which is no data`);
    writeLegacy(path, root, {});
    await expect(openWeights(path)).rejects.toThrow(`it names ${name}, which is no data`);
  });

  test('an entry of the extension registry', async () => {
    const path = file();
    const entries = [[0x82, 7] as const, [0x83, 7, 0] as const, [0x84, 7, 0, 0, 0] as const];
    for (const entry of entries) {
      writeZip(path, Buffer.from(entry));
      await expect(openWeights(path)).rejects.toThrow(
        `${path} cannot be read: it names entry 7 of the extension registry of Python (copyreg) in the place of a class or function`,
      );
    }
  });

  test('a dictionary cannot reach the prototype of objects', async () => {
    const path = file();
    writeZip(path, namespace({ __proto__x: integer(1), ['__proto__']: dict({ polluted: integer(1) }) }));
    await rootOf(path);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('files that are wrong', () => {
  test('a zip cut off at any place', async () => {
    const path = file();
    const whole = readFileSync(CHECKPOINT);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 4, max: whole.length - 1 }), async (size) => {
        writeFileSync(path, whole);
        truncateSync(path, size);
        await expect(openWeights(path)).rejects.toThrow(
          new RegExp(`^${path} is truncated.*; copy or download it again\\.$`),
        );
      }),
      { numRuns: 30, examples: [[4], [whole.length - 1], [whole.length - 22]] },
    );
  });

  test('any pickle at all gives a value or an error, and ends', () => {
    const path = file();
    return fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        writeZip(path, Buffer.from(bytes));
        await rootOf(path).catch((error: unknown) =>
          expect(String(error)).toMatch(/ (cannot be read|is truncated|names)/),
        );
      }),
    );
  });

  test('a pickle of something else', async () => {
    const path = file();
    writeFileSync(path, pickle(integer(3)));
    await expect(openWeights(path)).rejects.toThrow(`${path} is a pickle, but not one that torch.save wrote.`);
  });

  test('four values that repeat to billions', async () => {
    const path = file();
    writeZip(path, dict({ w: tensor({ key: '0', length: 4, shape: [2 ** 30, 4], strides: [0, 1] }) }), {
      0: floats(1, 2, 3, 4),
    });
    await expect(tensorOf(path)).rejects.toThrow('w claims 4294967296 values, but the whole file has only');
  });

  test('an integer of a million bytes, which would take hours, stays unread', async () => {
    const path = file();
    const number = Buffer.concat([Buffer.from('\x8b\x40\x42\x0f\x00', 'latin1'), Buffer.alloc(1_000_000, 0x11)]);
    writeZip(path, list(number, integer(7)));
    expect(await rootOf(path)).toEqual([undefined, 7]);
  });

  test('a storage that many tensors share is read only where they lie', async () => {
    const path = file();
    const length = 2 ** 20;
    const parts = Array.from({ length: 500 }, (_, i) =>
      tensor({ key: '0', length, shape: [2], strides: [1], offset: 2 * i }),
    );
    writeZip(path, dict(Object.fromEntries(parts.map((part, i) => [`w${i}`, part]))), {
      0: new Uint8Array(Float32Array.from({ length }, (_, i) => i).buffer),
    });
    const opened = await openWeights(path);
    try {
      let bytes = 0;
      for (let i = 0; i < parts.length; i++) {
        const stored = opened.tensor(entriesOf(opened.root)?.get(`w${i}`), 'w');
        const read = stored && (await opened.read(stored, 'w'));
        expect(read?.data).toEqual(Float32Array.of(2 * i, 2 * i + 1));
        bytes += read?.data.buffer.byteLength ?? Number.NaN;
      }
      expect(bytes).toBe(500 * 8);
    } finally {
      opened.close();
    }
  });

  test('numbers that no tensor has: they are named', async () => {
    const path = file();
    const saved = (change: Partial<Parameters<typeof tensor>[0]>) => {
      writeZip(path, dict({ w: tensor({ key: '0', length: 4, shape: [2, 2], strides: [2, 1], ...change }) }), {
        0: floats(1, 2, 3, 4),
      });
      return tensorOf(path);
    };
    await expect(saved({ shape: [-2, 2] })).rejects.toThrow(
      `${path} cannot be read: w: it claims the shape [-2, 2], which no tensor has.`,
    );
    await expect(saved({ strides: [2] })).rejects.toThrow(
      'w: it claims the strides [2], which no tensor of the shape [2, 2] has.',
    );
    await expect(saved({ offset: -1 })).rejects.toThrow('w: it claims to begin at the value -1 of its storage.');
  });

  test('a part that claims more bytes than the file has', async () => {
    const path = file();
    writeZip(path, dict({}));
    const bytes = readFileSync(path);
    const central = bytes.indexOf('PK\x01\x02');
    for (const place of [20, 24]) bytes.writeUInt32LE(3_000_000_000, central + place);
    writeFileSync(path, bytes);
    await expect(openWeights(path)).rejects.toThrow('is truncated: it has');
  });

  test('a file that is not there', async () => {
    await expect(openWeights('/nowhere/x.pth')).rejects.toThrow('/nowhere/x.pth cannot be read: it does not exist.');
  });
});
