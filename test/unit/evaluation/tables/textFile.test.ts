/** Text files of any encoding, as they are told and read. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, expect, it } from 'vitest';
import { encodingOf, requireLabel, textOf } from '../../../../src/evaluation/tables/textFile.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';

/** So many bytes are read at a time. */
const PIECE = 1 << 20;

let file: string;
beforeEach(() => {
  file = join(temporaryFolder(), 'a.txt');
});

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const told = (contents: Uint8Array, wanted?: string) => {
  writeFileSync(file, contents);
  return encodingOf(file, wanted);
};
async function pieces(contents: Uint8Array, encoding = 'utf-8'): Promise<string[]> {
  writeFileSync(file, contents);
  const all: string[] = [];
  for await (const piece of textOf(file, encoding)) all.push(piece);
  return all;
}

it.each([
  ['PK\x03\x04rest', 'a zip archive (an Excel workbook is one): save it as CSV'],
  ['\xd0\xcf\x11\xe0rest', 'an old Excel workbook: save it as CSV'],
  ['PAR1rest', 'a Parquet file: save it as CSV or .npy'],
  ['\x89HDFrest', 'an HDF5 file: save it as CSV or .npy'],
  ['MATLAB 5.0 MAT-file, Platform', 'a file of MATLAB: save it as CSV or .npy'],
  ['\x80\x02}', 'a pickle of Python, which could run a program: save it as CSV or .npy'],
  ['\x80\x05}', 'a pickle of Python, which could run a program: save it as CSV or .npy'],
  ['%PDF-1.4', 'a PDF file'],
  ['\x89PNGrest', 'a PNG image'],
  ['\xff\xd8\xffrest', 'a JPEG image'],
])('a file that begins like %j is refused by what it is, whatever encoding a person names', async (start, kind) => {
  await expect(told(bytes(start))).rejects.toThrow(`a.txt is not a table but ${kind}.`);
  await expect(told(bytes(start), 'utf-8')).rejects.toThrow(`a.txt is not a table but ${kind}.`);
});

it.each([
  '[[1, 2], [3',
  '[ [0.5',
  '[\n  {"a"',
  '{"a": [1',
  '{ "a b" :',
  '\n[[-1',
  '[0.1, 0.2]\n[0.3, 0.4]\n',
  '\xef\xbb\xbf[["a"',
])('JSON is refused by its name: %j', async (start) => {
  await expect(told(bytes(start))).rejects.toThrow('a.txt is not a table but JSON: save it as CSV or .npy.');
});

it.each(['{"a"},1\n', '[[tag]],1\n', '[{"a": 1}]\tx\n', '[1],[2]\n', '[a\n', '{a: 1}\n'])(
  'a table whose first cell is like JSON is a table: %j',
  async (start) => {
    expect((await told(bytes(start))).label).toBe('utf-8');
  },
);

it('a file that only has such letters later is text', async () => {
  expect(await told(bytes('name,PAR1\n%PDF,PAR1'))).toEqual({ label: 'utf-8', isCertain: true });
});

it('byte order marks tell UTF-16, and UTF-32 is refused', async () => {
  expect(await told(bytes('\xff\xfea\0'))).toEqual({ label: 'utf-16le', isCertain: true });
  expect(await told(bytes('\xfe\xff\0a'))).toEqual({ label: 'utf-16be', isCertain: true });
  for (const start of ['\xff\xfe\0\0a\0\0\0', '\0\0\xfe\xff\0\0\0a'])
    await expect(told(bytes(start))).rejects.toThrow('a.txt is in UTF-32, which is not read: save it as UTF-8.');
});

it('without a mark, UTF-16 is where every fifth byte and more are zeros, all on one side', async () => {
  expect(await told(bytes('a\0b\0c\0'))).toEqual({ label: 'utf-16le', isCertain: false });
  expect(await told(bytes('\0a\0b\0c'))).toEqual({ label: 'utf-16be', isCertain: false });
  expect(await told(bytes('a\0b\0c\0xxxx'))).toEqual({ label: 'utf-16le', isCertain: false });
  expect(await told(bytes('\0a\0b\0cxxxx'))).toEqual({ label: 'utf-16be', isCertain: false });
  for (const text of ['a\0b\0xxxxxx', '\0a\0bxxxxxx', 'a\0b\0c\0\0d', '\0a\0b\0ce\0', '\0\0\0', 'abcdefghijkl\0'])
    await expect(told(bytes(text)), JSON.stringify(text)).rejects.toThrow(
      'a.txt is not a table: it holds bytes that are no text.',
    );
});

it('only the first 4096 bytes are looked at for zeros', async () => {
  expect(await told(bytes(`${'a'.repeat(4096)}\0`))).toEqual({ label: 'utf-8', isCertain: true });
  await expect(told(bytes(`${'a'.repeat(4095)}\0`))).rejects.toThrow('it holds bytes that are no text');
});

it('UTF-8 is certain, and what it is not may be Windows-1252', async () => {
  expect(await told(Buffer.from('ä,1\n'))).toEqual({ label: 'utf-8', isCertain: true });
  expect(await told(Buffer.of())).toEqual({ label: 'utf-8', isCertain: true });
  expect(await told(bytes('\xe4,1\n'))).toEqual({ label: 'windows-1252', isCertain: false });
  expect(await told(bytes('a\xc3')), 'a letter that is cut off').toEqual({ label: 'windows-1252', isCertain: false });
  for (const unused of ['\x81', '\x8d', '\x8f', '\x90', '\x9d'])
    await expect(told(bytes(`\xe4${unused}`))).rejects.toThrow(
      'a.txt is neither in UTF-8 nor in Windows-1252: say in which encoding it is, such as shift_jis.',
    );
});

it('an encoding is that of the whole file, however far its letters are', async () => {
  const far = 'a'.repeat(PIECE - 1);
  expect(await told(Buffer.from(`${far}ä`)), 'a letter in two pieces').toEqual({ label: 'utf-8', isCertain: true });
  expect(await told(bytes(`${far}a\xe4a`))).toEqual({ label: 'windows-1252', isCertain: false });
  expect(await told(bytes(`\xe4${far}ab`)), 'only the first piece is not UTF-8').toEqual({
    ...{ label: 'windows-1252', isCertain: false },
  });
  // Á in UTF-8 has a byte that Windows-1252 lacks.
  await expect(told(Buffer.concat([Buffer.from(`Á${far}`), bytes('\xe4a')]))).rejects.toThrow('is neither in UTF-8');
});

it('what a person says is certain, once there is such an encoding', async () => {
  expect(await told(bytes('\xe4'), 'latin1')).toEqual({ label: 'windows-1252', isCertain: true });
  expect(requireLabel('UTF8')).toBe('utf-8');
  await expect(told(bytes('a'), 'klingon')).rejects.toThrow(
    'There is no encoding “klingon”: give one such as utf-8, utf-16le, windows-1252 or shift_jis.',
  );
});

it('text has one kind of line ends and no byte order mark', async () => {
  expect(await pieces(Buffer.from('\uFEFFa\r\nb\rc\n\r\rd'))).toEqual(['a\nb\nc\n\n\nd']);
  expect(await pieces(bytes('\xe4\r'), 'windows-1252')).toEqual(['ä', '\n']);
});

it('there are no empty pieces', async () => {
  expect(await pieces(Buffer.of())).toEqual([]);
  expect(await pieces(bytes('\r'))).toEqual(['\n']);
  expect(await pieces(bytes('a'))).toEqual(['a']);
});

it('a line end or a letter in two pieces is one', async () => {
  const far = 'a'.repeat(PIECE - 1);
  expect((await pieces(bytes(`${far}\r\nb`))).join('') === `${far}\nb`).toBe(true);
  expect((await pieces(bytes(`${far}\rb\r`))).join('') === `${far}\nb\n`).toBe(true);
  expect((await pieces(Buffer.from(`${far}äb`))).join('') === `${far}äb`).toBe(true);
});

it('what is not in its encoding is refused, also at the very end', async () => {
  for (const text of ['\xe4bc', 'abc\xc3'])
    await expect(pieces(bytes(text))).rejects.toThrow(
      'a.txt is not in utf-8: say in which encoding it is, such as windows-1252.',
    );
});

it('gzip is unpacked, and told by both of its first bytes', async () => {
  expect(await pieces(gzipSync('a\r\nb'))).toEqual(['a\nb']);
  expect(await told(gzipSync(bytes('\xe4')))).toEqual({ label: 'windows-1252', isCertain: false });
  expect(await pieces(bytes('\x1fab'))).toEqual(['\x1fab']);
  expect(await pieces(bytes('\x1f'))).toEqual(['\x1f']);
  expect(await pieces(bytes('a\x8b'), 'windows-1252')).toEqual(['a‹']);
});

it('a file that cannot be read is named, with what is wrong', async () => {
  await expect(pieces(gzipSync('abc').subarray(0, -9))).rejects.toThrow(
    /^a\.txt cannot be read: unexpected end of file\.$/,
  );
  await expect(encodingOf(`${file}.gone`)).rejects.toThrow('a.txt.gone cannot be read: it does not exist.');
  const folder = `${file}.folder`;
  mkdirSync(folder);
  await expect(encodingOf(folder)).rejects.toThrow('a.txt.folder cannot be read: it is a folder, not a file.');
});
