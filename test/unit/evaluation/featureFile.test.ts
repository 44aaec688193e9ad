import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import {
  delimiterOf,
  type FeatureFileOptions,
  namesFileOf,
  readFeatures,
  write,
} from '../../../src/evaluation/featureFile.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'dino-features-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function read(contents: string | Uint8Array, options?: FeatureFileOptions, name = 'features.txt') {
  const file = join(root, name);
  writeFileSync(file, contents);
  const { features, names, classes, notes } = await readFeatures(file, options);
  return { rows: features.rows, dim: features.dim, data: [...features.data], names, classes, notes: notes.join() };
}

/** Three rows of two numbers. */
const NUMBERS = [0.5, 2.25, -1.5, 4.75, 3.125, -0.25];
const pair = (row: number, separator: string, mark = '.'): string =>
  NUMBERS.slice(2 * row, 2 * row + 2)
    .map((value) => String(value).replace('.', mark))
    .join(separator);
const rows = (line: (row: number) => string, end = '\n'): string => [0, 1, 2].map((row) => line(row) + end).join('');
const bare = (separator: string) => rows((row) => pair(row, separator));

describe('a table of features', () => {
  const TABLES: readonly (readonly [string, string | Uint8Array])[] = [
    ["the Projector's tabs", bare('\t')],
    ["savetxt's spaces", bare(' ')],
    ['aligned columns', rows((row) => `   ${pair(row, '     ')}`)],
    ['commas', bare(',')],
    ['pipes', bare(' | ')],
    ['comments above and below', `# my vectors\n${bare(' ')}# the end\n`],
    ['names in a comment', `# a,b\n${bare(',')}`],
    ['decimal commas', rows((row) => pair(row, ';', ','))],
    ['decimal commas in quotation marks', rows((row) => `"${pair(row, '","', ',')}"`)],
    ['decimal commas between spaces', rows((row) => pair(row, ' ', ','))],
    ['trailing separators', rows((row) => `${pair(row, ',')},`)],
    ['trailing separators below a header', `a,b\n${rows((row) => `${pair(row, ',')},`)}`],
    ["pandas' index and header", `,0,1\n${rows((row) => `${row},${pair(row, ',')}`)}`],
    ["pandas' header without an index", `0,1\n${bare(',')}`],
    ["pandas' index without a header", rows((row) => `${row},${pair(row, ',')}`)],
    ["R's names of rows, which have no header", `"V1" "V2"\n${rows((row) => `"${row + 1}" ${pair(row, ' ')}`)}`],
    ['an id column', `id,a,b\n${rows((row) => `${70 + 3 * row},${pair(row, ',')}`)}`],
    ['names of one kind twice', `f,f\n${bare(',')}`],
    ['line ends of a Mac', bare(',').replaceAll('\n', '\r')],
    ['line ends of Windows', bare(',').replaceAll('\n', '\r\n')],
    ['a byte order mark', `\uFEFF${bare(',')}`],
    ['UTF-16', Buffer.from(`\uFEFF${bare('\t')}`, 'utf16le')],
    ['UTF-16 without a mark', Buffer.from(bare('\t'), 'utf16le')],
    ['UTF-16, high bytes first', Buffer.from(`\uFEFF${bare('\t')}`, 'utf16le').swap16()],
    ['gzip', gzipSync(bare(' '))],
  ];
  it.each(TABLES)('with %s gives each number once', async (_what, contents) => {
    expect(await read(contents)).toMatchObject({ rows: 3, dim: 2, data: NUMBERS });
  });

  it('has names and classes, however they are written', async () => {
    const text = `datei;klasse;a;b\n${rows((row) => `"ä ""${row}""\n.png";ü;${pair(row, ';')}`)}`;
    const wanted = { data: NUMBERS, names: [0, 1, 2].map((row) => `ä "${row}"\n.png`), classes: ['ü', 'ü', 'ü'] };
    expect(await read(text)).toMatchObject(wanted);
    const latin = await read(Buffer.from(text, 'latin1'));
    expect(latin).toMatchObject(wanted);
    expect(latin.notes).toContain('read as windows-1252');
    const headless = await read(rows((row) => `${row}.png,x,${pair(row, ',')}`));
    expect(headless).toMatchObject({ data: NUMBERS, names: ['0.png', '1.png', '2.png'], classes: ['x', 'x', 'x'] });
    expect(headless.notes).toContain('no header; names from column “1”; classes from column “2”');
  });

  it('is read as a person says', async () => {
    expect((await read(`0,1\n${bare(',')}`, { header: false })).rows).toBe(4);
    expect((await read(bare(','), { header: true })).rows).toBe(2);
    expect((await read(`id,a\n1,2\n2,3\n`, { indexColumn: null })).dim).toBe(2);
    expect((await read(`a,b\n1,2\n3,4\n`, { indexColumn: 'b' })).data).toEqual([1, 3]);
    expect((await read('1,5\n2,5\n', { decimal: ',' })).data).toEqual([1.5, 2.5]);
    expect((await read(Buffer.of(0x83, 0x41, 0x2c, 0x31, 0x0a), { encoding: 'shift_jis' })).names).toEqual(['ア']);
    await expect(read(bare(','), { nameColumn: 'x' })).rejects.toThrow('has no column “x”; it has 1, 2.');
  });

  it('of two columns with one name has neither by it, but each by its number', async () => {
    const text = 'f,f,g\n1,2,3\n5,7,9\n';
    await expect(read(text, { indexColumn: 'f' })).rejects.toThrow(
      'features.txt has 2 columns named “f”: give its number.',
    );
    expect((await read(text, { indexColumn: 'g' })).data).toEqual([1, 2, 5, 7]);
    expect((await read(text, { indexColumn: '2' })).data).toEqual([1, 3, 5, 9]);
    expect((await read(text, { indexColumn: '3' })).data).toEqual([1, 2, 5, 7]);
    for (const wanted of ['0', '4', '1.5'])
      await expect(read(text, { indexColumn: wanted })).rejects.toThrow(
        `features.txt has no column “${wanted}”; it has f, f, g.`,
      );
  });

  it('may have comments: how many is said, and the last one above the first row may name the columns', async () => {
    const commented = await read(`# made by hand\n# a,b\n${bare(',')}# x,y\n`);
    expect(commented).toMatchObject({ rows: 3, dim: 2, data: NUMBERS });
    expect(commented.notes).toContain('the names of the columns are taken from the comment in line 2');
    expect(commented.notes).toContain('; 3 comment lines skipped; ');
    expect((await read(`# a,b\n${bare(',')}# x,y\n`, { indexColumn: 'a' })).data).toEqual([2.25, 4.75, -0.25]);
    expect((await read(`# made by hand\n${bare(',')}`)).notes).toContain('; 1 comment line skipped; ');
    expect((await read(bare(','))).notes).not.toContain('comment');
  });

  const COUNTED: readonly (readonly [string, string, number])[] = [
    ['ascends beside fractions', '3,0.5\n7,0.25\n8,0.75\n', 1],
    ['does not ascend', '3,0.5\n1,0.25\n2,0.75\n', 2],
    ['has a number twice', '1,0.5\n1,0.25\n2,0.75\n', 2],
    ['ascends beside fractions by chance, in two rows', '3,0.5\n7,0.25\n', 2],
    ['counts from 0 beside whole numbers', '0,5\n1,3\n2,9\n3,1\n4,1\n', 1],
    ['counts from 1 beside whole numbers', '1,5\n2,3\n3,9\n4,1\n5,1\n', 1],
    ['counts from 2 beside whole numbers', '2,5\n3,3\n4,9\n5,1\n6,1\n', 2],
    ['leaves one out beside whole numbers', '1,5\n2,3\n4,9\n5,1\n6,1\n', 2],
    ['counts beside whole numbers by chance, in four rows', '0,5\n1,3\n2,9\n3,1\n', 2],
  ];
  it.each(COUNTED)('without a header: a first column that %s is an index or a feature', async (_what, text, dim) => {
    expect((await read(text)).dim).toBe(dim);
  });

  const FIRST_LINES: readonly (readonly [string, string, number])[] = [
    ['ascending whole numbers, above fractions', '3,7,12\n0.5,0.25,1.5\n1.5,2.5,0.5\n', 2],
    ['whole numbers that do not ascend, above fractions', '3,12,7\n0.5,0.25,1.5\n1.5,2.5,0.5\n', 3],
    ['a whole number twice, above fractions', '3,3,7\n0.5,0.25,1.5\n1.5,2.5,0.5\n', 3],
    ['ascending numbers of which one is a fraction', '3,7.5,12\n0.5,0.25,1.5\n1.5,2.5,0.5\n', 3],
    ['ascending whole numbers, above some whole ones', '3,7\n0.5,2\n1.5,4\n', 3],
    ['a single whole number', '3\n0.5\n1.5\n', 3],
    ['0, 1, … above some fractions', '0,1\n0.5,3\n1.5,4\n', 2],
    ['0, 1, … above whole numbers', '0,1\n5,3\n2,9\n', 3],
    ['0, 1, 2, 3, 4 above whole numbers', '0,1,2,3,4\n5,3,1,1,1\n2,9,1,1,1\n', 2],
    ['numbers behind the name of an index', 'id,3,7\n4,0.5,0.25\n5,1.5,2.5\n', 2],
  ];
  it.each(FIRST_LINES)('has names or features in a first line of %s', async (_what, text, count) => {
    expect((await read(text)).rows).toBe(count);
  });

  it('says of an encoding that it was taken for lack of a better one, unless a person names it', async () => {
    const latin = Buffer.from('name,a\nä,1\nö,2\n', 'latin1');
    expect((await read(latin)).notes).toContain('read as windows-1252 (it is not in UTF-8)');
    expect((await read(latin, { encoding: 'windows-1252' })).notes).toContain('columns between commas, windows-1252;');
  });

  it('says what each column was taken for, and nothing of what there is not', async () => {
    const columns = 'name,class,id,note,a,b\nx.png,c,1,good,0.5,1.5\ny.png,d,2,bad,0.25,2.5\n';
    expect((await read(columns)).notes).toContain(
      'names from column “name”; classes from column “class”; column “id” counts the rows and is no feature; left out, since they are texts: “note”; 2 numbers a row',
    );
    expect((await read(bare(','))).notes).toMatch(/no header; 2 numbers a row$/);
    expect((await read(rows((row) => pair(row, ';', ',')))).notes).toMatch(/; decimal commas; 2 numbers a row$/);
  });

  const REFUSED: readonly (readonly [string, string | Uint8Array, string])[] = [
    ['a short line', 'a,b\n1,2\n3\n4,5\n', 'has 1 cell in line 3, but 2 in line 2'],
    ['a long line', '1 2\n3 4\n5 6 7\n', 'has 3 cells in line 3, but 2 in line 2'],
    ['separators alone, of another width', '1,2\n3,4\n,,\n', 'has 3 cells in line 3, but 2 in line 2'],
    ['nan', '1,2\nnan,3\n', 'has “nan” in column 1 of line 2: a finite number is expected'],
    ['an empty cell', 'f0,f1\n1,2\n\n,3\n', 'has “” in column f0 of line 4'],
    ['an empty first cell', ',2,3\n1,2,3\n4,5,6\n', 'has “” in column 1 of line 1'],
    ['an empty line of a single column', '1\n\n2\n', 'has nothing in line 2'],
    ['a word among numbers', '1.5,red,3\n1,2,3\n2,3,4\n', 'has “red” in column 2 of line 1: a number'],
    ['more than a double holds', '1,2\n1e400,3\n', 'has “1e400” in column 1 of line 2'],
    ['an open quotation mark', 'a,b\n"x,1\ny,2\n', 'has a quotation mark in line 2'],
    ['nothing', '', 'has no lines'],
    ['a header alone', 'a,b\n', 'no rows below them'],
    ['words alone', 'a,b\nx,y\n', 'no column of it has numbers'],
    ['an unknown encoding', Buffer.of(0x81, 0x2c, 0x31, 0x0a), 'neither in UTF-8 nor in Windows-1252'],
    ['a workbook', Buffer.from('\xd0\xcf\x11\xe0\0\0', 'latin1'), 'an old Excel workbook'],
    ['bytes', Buffer.of(1, 0, 0, 2, 0, 0, 0, 3), 'bytes that are no text'],
  ];
  it.each(REFUSED)('is refused for %s', async (_what, contents, message) => {
    await expect(read(contents)).rejects.toThrow(message);
  });
});

/** A Python literal behind what NumPy writes before it. */
function npyOf(literal: string, body: Uint8Array, version = 1): Buffer {
  const header = Buffer.from(`${literal}\n`, version === 3 ? 'utf8' : 'latin1');
  const lead = Buffer.alloc(version === 1 ? 10 : 12);
  lead.write('\x93NUMPY', 'latin1');
  lead.writeUInt8(version, 6);
  if (version === 1) lead.writeUInt16LE(header.length, 8);
  else lead.writeUInt32LE(header.length, 8);
  return Buffer.concat([lead, header, body]);
}

/** As NumPy writes it. */
const npy = (type: string, shape: string, body: Uint8Array, { version = 1, order = 'False' } = {}): Buffer =>
  npyOf(`{'descr': ${type}, 'fortran_order': ${order}, 'shape': ${shape}, }`, body, version);

const bytesOf = (values: ArrayBufferView): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

describe('an .npy', () => {
  const six = [0, 1, 2, 3, 4, 5];
  const KINDS: readonly (readonly [string, Buffer])[] = [
    ['|i1', bytesOf(Int8Array.from(six))],
    ['|u1', bytesOf(Uint8Array.from(six))],
    ['<i2', bytesOf(Int16Array.from(six))],
    ['>u2', bytesOf(Uint16Array.from(six)).swap16()],
    ['<i4', bytesOf(Int32Array.from(six))],
    ['>u4', bytesOf(Uint32Array.from(six)).swap32()],
    ['<i8', bytesOf(BigInt64Array.from(six, BigInt))],
    ['>u8', bytesOf(BigUint64Array.from(six, BigInt)).swap64()],
    ['<f2', bytesOf(Uint16Array.of(0, 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500))],
    ['<f4', bytesOf(Float32Array.from(six))],
    ['>f4', bytesOf(Float32Array.from(six)).swap32()],
    ['<f8', bytesOf(Float64Array.from(six))],
    ['>f8', bytesOf(Float64Array.from(six)).swap64()],
  ];
  it.each(KINDS)('of %s, row by row and column by column', async (type, body) => {
    expect(await read(npy(`'${type}'`, '(3, 2)', body), {}, 'a.npy')).toMatchObject({ rows: 3, dim: 2, data: six });
    const fortran = await read(npy(`'${type}'`, '(3, 2)', body, { version: 2, order: 'True' }), {}, 'a.npy');
    expect(fortran.data).toEqual([0, 3, 1, 4, 2, 5]);
  });

  it('of halves: subnormal, negative; of truth values; of numbers beyond 2^53; of three dimensions', async () => {
    const halves = npy("'<f2'", '(2, 1)', bytesOf(Uint16Array.of(1, 0xc000)));
    expect((await read(halves, {}, 'a.npy')).data).toEqual([2 ** -24, -2]);
    expect((await read(npy("'|b1'", '(1, 2)', Buffer.of(0, 1)), {}, 'a.npy')).data).toEqual([0, 1]);
    const large = npy("'<i8'", '(1, 2)', bytesOf(BigInt64Array.of(2n ** 60n + 1n, 5n)), { version: 3 });
    expect((await read(large, {}, 'a.npy')).notes).toContain('1 whole number is beyond 2^53');
    const cube = npy("'|u1'", '(2, 1, 3)', Buffer.from(six), { order: 'True' });
    const flat = await read(cube, {}, 'a.npy');
    expect(flat).toMatchObject({ rows: 2, dim: 3, data: [0, 2, 4, 1, 3, 5] });
    expect(flat.notes).toContain('each 1 x 3 is one row of 3 numbers');
  });

  const REFUSED: readonly (readonly [string, string, Buffer, string])[] = [
    ["'|O'", '(1, 1)', Buffer.alloc(8), 'Python objects'],
    ["'<c8'", '(1, 1)', Buffer.alloc(8), 'complex numbers'],
    ["'<f16'", '(1, 1)', Buffer.alloc(16), 'of the type <f16'],
    ["'<U3'", '(1, 1)', Buffer.alloc(12), 'texts'],
    ["[('a', '<f4')]", '(1,)', Buffer.alloc(4), 'structured array'],
    ["'<f4'", '(2,)', Buffer.alloc(8), 'has the shape (2,)'],
    ["'<f4'", '(0, 2)', Buffer.alloc(0), 'there are no numbers in it'],
    ["'<f4'", '(2, 2)', Buffer.alloc(15), 'is damaged'],
    ["'<f4'", '(1, 2)', bytesOf(Float32Array.of(1, Number.NaN)), 'has NaN in row 0, column 1'],
    ["'<f2'", '(2, 1)', bytesOf(Uint16Array.of(0, 0x7c00)), 'has Infinity in row 1, column 0'],
    ["'<f2'", '(1, 1)', bytesOf(Uint16Array.of(0xfc00)), 'has -Infinity in row 0, column 0'],
    ["'<f2'", '(1, 1)', bytesOf(Uint16Array.of(0x7e00)), 'has NaN in row 0, column 0'],
  ];
  it.each(REFUSED)('of %s %s is refused by what it is', async (type, shape, body, message) => {
    await expect(read(npy(type, shape, body), {}, 'a.npy')).rejects.toThrow(message);
  });

  it('is read however the parts of its header are spaced and quoted', async () => {
    const wanted = { rows: 3, dim: 2, data: six };
    const tight = npyOf("{'descr':'|u1','fortran_order':False,'shape':(3,2)}", Buffer.from(six));
    expect(await read(tight, {}, 'a.npy')).toMatchObject(wanted);
    const wide = npyOf("{'descr'  :  '|u1', 'fortran_order'  :  False, 'shape'  :  ( 3, 2, ) }", Buffer.from(six));
    expect(await read(wide, {}, 'a.npy')).toMatchObject(wanted);
    const quoted = npyOf('{"descr": "|u1", "fortran_order": False, "shape": (3, 2)}', Buffer.from(six));
    expect(await read(quoted, {}, 'a.npy')).toMatchObject(wanted);
  });

  it('is read with a header of more than 65535 bytes, which the second version has', async () => {
    const long = npyOf(
      `{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2), }${' '.repeat(70_000)}`,
      Buffer.from(six),
      2,
    );
    expect((await read(long, {}, 'a.npy')).data).toEqual(six);
  });

  it.each([
    "{'fortran_order': False, 'shape': (3, 2)}",
    "{'descr': '|u1', 'shape': (3, 2)}",
    "{'descr': '|u1', 'fortran_order': False}",
    "{'größe': 3}",
  ])('is refused with its header where a part of that is missing: %s', async (literal) => {
    for (const version of [1, 2, 3])
      await expect(read(npyOf(`  ${literal}  `, Buffer.from(six), version), {}, 'a.npy')).rejects.toThrow(
        `a.npy is damaged: its header says ${literal}.`,
      );
  });

  it('is refused in a version that nobody knows', async () => {
    const whole = npy("'|u1'", '(3, 2)', Buffer.from(six));
    for (const version of [0, 4]) {
      whole.writeUInt8(version, 6);
      await expect(read(whole, {}, 'a.npy')).rejects.toThrow(`a.npy is of version ${version} of NumPy`);
    }
  });

  it('with the shortest header is told by that, and not taken for one that is cut off', async () => {
    await expect(read(npyOf('{', Buffer.of()), {}, 'a.npy')).rejects.toThrow('a.npy is damaged: its header says {.');
  });

  it('is refused by name wherever it is cut off', async () => {
    const whole = npy("'<f4'", '(1, 2)', bytesOf(Float32Array.of(1, 2)));
    const start = whole.length - 8;
    for (let length = 0; length < whole.length; length++)
      await expect(read(whole.subarray(0, length), {}, 'cut.npy')).rejects.toThrow(
        length < 6
          ? 'cut.npy is not a NumPy file.'
          : length < start
            ? 'cut.npy is damaged: it ends within its header.'
            : `cut.npy is damaged: 1 x 2 numbers of 4 bytes are announced, which are 8 bytes, but ${length - start} are there.`,
      );
  });
});

describe('an .npz', () => {
  const npz = async (entries: Readonly<Record<string, Buffer>>): Promise<Buffer> => {
    const zip = new ZipFile();
    for (const [name, content] of Object.entries(entries)) zip.addBuffer(content, name);
    zip.end();
    return buffer(zip.outputStream);
  };
  const one = npy("'|u1'", '(2, 2)', Buffer.of(1, 2, 3, 4));
  const other = npy("'<f4'", '(1, 3)', bytesOf(Float32Array.of(5, 6, 7)));

  it('of one array is that; of several, the one that a person names', async () => {
    const single = await read(await npz({ 'readme.txt': Buffer.from('no array'), 'x.npy': one }), {}, 'a.npz');
    expect(single).toMatchObject({ rows: 2, dim: 2, data: [1, 2, 3, 4], names: ['0', '1'] });
    expect(single.notes).toContain('a.npz: the array “x” is read');
    const both = await npz({ 'x.npy': one, 'y.npy': other });
    expect(await read(both, { array: 'y' }, 'a.npz')).toMatchObject({ rows: 1, dim: 3, data: [5, 6, 7] });
    expect((await read(both, { array: 'x' }, 'a.npz')).data).toEqual([1, 2, 3, 4]);
    const all = 'give one of them by --array: x (|u1, 2 x 2), y (<f4, 1 x 3).';
    await expect(read(both, {}, 'a.npz')).rejects.toThrow(`a.npz has 2 arrays; ${all}`);
    await expect(read(both, { array: 'z' }, 'a.npz')).rejects.toThrow(`a.npz has no array “z”; ${all}`);
  });

  it('is refused without arrays, for what is none, and where it is damaged', async () => {
    await expect(read(await npz({ 'x.txt': one }), {}, 'a.npz')).rejects.toThrow(
      'a.npz is a zip archive without NumPy arrays.',
    );
    await expect(read(await npz({ 'x.npy': Buffer.from('These are words.') }), {}, 'a.npz')).rejects.toThrow(
      'a.npz (x) is not a NumPy file.',
    );
    const whole = await npz({ 'x.npy': one });
    await expect(read(whole.subarray(0, -5), {}, 'a.npz')).rejects.toThrow(/a\.npz is damaged: /);
  });

  it('of an array of more than 4 GiB is refused before it is unpacked', async () => {
    const zip = new ZipFile();
    zip.addBuffer(one, 'x.npy', { forceZip64Format: true });
    zip.end();
    const bytes = await buffer(zip.outputStream);
    // The size of what is packed is the first number behind the header of ZIP64's field, in the list of entries.
    const field = bytes.indexOf(Buffer.of(1, 0, 24, 0), bytes.indexOf('PK\x01\x02', 0, 'latin1'));
    const sized = (size: bigint) => {
      bytes.writeBigUInt64LE(size, field + 4);
      return bytes;
    };
    expect((await read(sized(BigInt(one.length)), {}, 'a.npz')).data).toEqual([1, 2, 3, 4]);
    await expect(read(sized(2n ** 32n + 1n), {}, 'a.npz')).rejects.toThrow(
      'a.npz holds an array of 4294967297 bytes: up to 4 GiB are read.',
    );
    await expect(read(sized(2n ** 32n), {}, 'a.npz'), 'which is not so large').rejects.toThrow('a.npz is damaged');
  });
});

describe('the names beside an .npy', () => {
  const two = npy("'|u1'", '(2, 1)', Buffer.of(7, 9));
  const withNames = async (name: string, text: string | undefined) => {
    rmSync(join(root, `${name}.names.tsv`), { recursive: true, force: true });
    if (text !== undefined) writeFileSync(join(root, `${name}.names.tsv`), text);
    const { names, classes } = await read(two, {}, `${name}.npy`);
    return { names, classes };
  };

  it('are those of its rows, with their classes where it has some', async () => {
    expect(await withNames('b', 'name\tclass\na, "b".png\tcat\n\nc.png\t\n')).toEqual({
      ...{ names: ['a, "b".png', 'c.png'], classes: ['cat', ''] },
    });
    expect(await withNames('b', 'name\nx\ny\n')).toEqual({ names: ['x', 'y'], classes: ['', ''] });
    expect(await withNames('b', 'class\tother\ncat\t1\ndog\t2\n')).toEqual({
      ...{ names: ['0', '1'], classes: ['cat', 'dog'] },
    });
  });

  it('are without the mark that keeps spreadsheets from computing them', async () => {
    expect(await withNames('b', "name\tclass\n'=1+1\t'+x\nplain\t'quoted'\n")).toEqual({
      ...{ names: ['=1+1', 'plain'], classes: ['+x', "'quoted'"] },
    });
  });

  it('are numbers from 0 where there is no such file', async () => {
    expect(await withNames('b', undefined)).toEqual({ names: ['0', '1'], classes: ['', ''] });
    expect(await read(two, {}, 'features.bin'), 'whose ending names no file beside it').toMatchObject({
      ...{ data: [7, 9], names: ['0', '1'], classes: ['', ''] },
    });
  });

  it('are refused where there are more or fewer than rows, and where they cannot be read', async () => {
    const [names, file] = [join(root, 'b.names.tsv'), join(root, 'b.npy')];
    await expect(withNames('b', 'name\nx\n')).rejects.toThrow(`${names} has 1 name, but ${file} has 2 rows.`);
    await expect(withNames('b', 'name\nx\ny\nz\n')).rejects.toThrow(`${names} has 3 names, but ${file} has 2 rows.`);
    rmSync(names);
    mkdirSync(names);
    await expect(read(two, {}, 'b.npy')).rejects.toThrow(`${names} cannot be read: it is a folder, not a file.`);
    rmSync(names, { recursive: true });
  });
});

describe('a file of features', () => {
  it('is named where it cannot be read', async () => {
    const absent = join(root, 'absent.npy');
    await expect(readFeatures(absent)).rejects.toThrow(`The features ${absent} cannot be read: it does not exist.`);
    await expect(readFeatures(root)).rejects.toThrow(
      `The features ${root} cannot be read: it is a folder, not a file.`,
    );
  });

  it('is told by its bytes: only a name of NumPy must have what NumPy writes, and a workbook is none of its archives', async () => {
    expect(await read('1,2\n3,4\n', {}, 'old.npy.csv')).toMatchObject({ rows: 2, data: [1, 2, 3, 4] });
    for (const name of ['a.npy', 'a.NPZ'])
      await expect(read('1,2\n3,4\n', {}, name)).rejects.toThrow(`${name} is not a NumPy file.`);
    const emptyZip = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);
    await expect(read(emptyZip, {}, 'a.zip')).rejects.toThrow('a.zip is a zip archive without NumPy arrays.');
    const zip = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), Buffer.alloc(40)]);
    for (const name of ['a.xlsx', 'a.XLSM', 'a.xlsb', 'a.ods'])
      await expect(read(zip, {}, name), name).rejects.not.toThrow(/NumPy|damaged/);
    for (const name of ['a.xlsx.bak', 'a.xlst', 'xlsx'])
      await expect(read(zip, {}, name), name).rejects.toThrow('is damaged');
  });

  it('is written as text or bytes, and named where it cannot be', async () => {
    const file = join(root, 'out.txt');
    await write(file, 'ä');
    expect(readFileSync(file, 'utf8')).toBe('ä');
    await write(file, Uint8Array.of(1, 2, 255).subarray(1));
    expect([...readFileSync(file)]).toEqual([2, 255]);
    const nowhere = join(root, 'no', 'out.txt');
    await expect(write(nowhere, 'x')).rejects.toThrow(`out.txt cannot be written to ${nowhere}: it does not exist.`);
  });
});

it('the names of rows are in a file beside the numbers; what a folder is called does not matter', () => {
  expect(['a.npy', 'b.NPZ', 'c.safetensors'].map(namesFileOf)).toEqual(['a.names.tsv', 'b.names.tsv', 'c.names.tsv']);
  expect(namesFileOf('/runs/old.npy.d/a.npz')).toBe('/runs/old.npy.d/a.names.tsv');
  expect(['a.tsv', 'A.TSV', 'a.csv', '/old.tsv.d/a.csv'].map(delimiterOf)).toEqual(['\t', '\t', ',', ',']);
});
