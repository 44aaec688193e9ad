/** Text files in whatever encoding they are: told by their bytes, read as a stream whose only line end is '\n'. */

import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createGunzip } from 'node:zlib';
import { fileProblem } from '../../files/fileProblem.js';
import { startOfFile } from '../../files/startOfFile.js';

export interface TextEncoding {
  /** A label of the Encoding Standard. */
  readonly label: string;
  /** The bytes left no doubt, or a person said so. */
  readonly isCertain: boolean;
}

const SAMPLED_BYTES = 4096;
/** Windows-1252 has no characters for these. */
const UNUSED_IN_WINDOWS_1252 = /[\u0081\u008d\u008f\u0090\u009d]/;

const PICKLE = 'a pickle of Python, which could run a program: save it as CSV or .npy';

/** What people have in place of a table, by its first bytes. */
const OTHER_KINDS: readonly (readonly [magic: string, kind: string])[] = [
  ['PK\x03\x04', 'a zip archive (an Excel workbook is one): save it as CSV'],
  ['\xd0\xcf\x11\xe0', 'an old Excel workbook: save it as CSV'],
  ['PAR1', 'a Parquet file: save it as CSV or .npy'],
  ['\x89HDF', 'an HDF5 file: save it as CSV or .npy'],
  ['MATLAB 5.0 MAT-file', 'a file of MATLAB: save it as CSV or .npy'],
  ...['\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05'].map((version) => [version, PICKLE] as const),
  ['%PDF', 'a PDF file'],
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
];

/**
 * @param wanted what a person says that it is
 * @throws Error with one sentence when the file cannot be read, is no text, or is in an encoding that cannot be told
 */
export async function encodingOf(file: string, wanted?: string): Promise<TextEncoding> {
  const name = basename(file);
  const start = await firstBytes(file);
  const latin = start.toString('latin1');
  const kind = OTHER_KINDS.find(([magic]) => latin.startsWith(magic))?.[1];
  if (kind !== undefined) throw new Error(`${name} is not a table but ${kind}.`);
  if (isJson(latin)) throw new Error(`${name} is not a table but JSON: save it as CSV or .npy.`);
  if (wanted !== undefined) return { label: requireLabel(wanted), isCertain: true };
  if (latin.startsWith('\xff\xfe\0\0') || latin.startsWith('\0\0\xfe\xff'))
    throw new Error(`${name} is in UTF-32, which is not read: save it as UTF-8.`);
  if (latin.startsWith('\xff\xfe')) return { label: 'utf-16le', isCertain: true };
  if (latin.startsWith('\xfe\xff')) return { label: 'utf-16be', isCertain: true };
  const zeros = [0, 0];
  start.forEach((byte, at) => {
    if (byte === 0) zeros[at % 2] = (zeros[at % 2] as number) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  if (even + odd > 0) {
    // Latin letters have a zero byte each: the second one where the low byte comes first.
    if (odd > start.length / 5 && even === 0) return { label: 'utf-16le', isCertain: false };
    if (even > start.length / 5 && odd === 0) return { label: 'utf-16be', isCertain: false };
    throw new Error(`${name} is not a table: it holds bytes that are no text.`);
  }
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  const windows = new TextDecoder('windows-1252');
  let isUtf8 = true;
  let isWindows = true;
  for await (const chunk of bytesOf(file)) {
    isUtf8 &&= isDecoded(() => utf8.decode(chunk, { stream: true }));
    if (isWindows) isWindows = !UNUSED_IN_WINDOWS_1252.test(windows.decode(chunk));
    if (!isUtf8 && !isWindows) break;
  }
  isUtf8 &&= isDecoded(() => utf8.decode());
  if (isUtf8) return { label: 'utf-8', isCertain: true };
  if (isWindows) return { label: 'windows-1252', isCertain: false };
  throw new Error(`${name} is neither in UTF-8 nor in Windows-1252: say in which encoding it is, such as shift_jis.`);
}

/** The text without its byte order mark; every line end is '\n'. @throws Error with one sentence, at the first byte that is no text */
export async function* textOf(file: string, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch {
      throw new Error(`${basename(file)} is not in ${encoding}: say in which encoding it is, such as windows-1252.`);
    }
  };
  // Its line feed may come with the next bytes.
  let held = '';
  for await (const chunk of bytesOf(file)) {
    const text = held + decode(chunk);
    held = text.endsWith('\r') ? '\r' : '';
    const whole = held === '' ? text : text.slice(0, -1);
    if (whole !== '') yield whole.replace(/\r\n?/g, '\n');
  }
  const rest = (held + decode()).replace(/\r\n?/g, '\n');
  if (rest !== '') yield rest;
}

/** Unpacked, when it is gzipped. */
async function* bytesOf(file: string): AsyncGenerator<Buffer> {
  const isPacked = await isGzip(file);
  const stream = createReadStream(file, { highWaterMark: 1 << 20 });
  const bytes = isPacked ? stream.pipe(createGunzip()) : stream;
  // A pipe passes no errors on.
  stream.on('error', (error) => bytes.destroy(error));
  try {
    for await (const chunk of bytes) yield chunk as Buffer;
  } catch (error) {
    throw unreadable(file, error);
  } finally {
    stream.destroy();
  }
}

/** A list of lists or objects, an object, or a list in each line. */
function isJson(start: string): boolean {
  const text = start.replace(/^\xef\xbb\xbf/, '').trimStart();
  const [line = ''] = text.split('\n');
  // Cells that hold JSON have a tab between them.
  if (line.includes('\t')) return false;
  if (/^\{\s*"[^"\n]*"\s*:/.test(text) || /^\[\s*(?:\{|\[\s*[-\d"[\]{])/.test(text)) return true;
  return line.startsWith('[') && isDecoded(() => JSON.parse(line));
}

async function isGzip(file: string): Promise<boolean> {
  const start = await startOfFile(file, 2).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  return start[0] === 0x1f && start[1] === 0x8b;
}

async function firstBytes(file: string): Promise<Buffer> {
  for await (const chunk of bytesOf(file)) return chunk.subarray(0, SAMPLED_BYTES);
  return Buffer.alloc(0);
}

const unreadable = (file: string, error: unknown): Error =>
  new Error(`${basename(file)} cannot be read: ${fileProblem(error)}.`);

function isDecoded(decode: () => unknown): boolean {
  try {
    decode();
    return true;
  } catch {
    return false;
  }
}

/** @throws Error for a label that no encoding has */
export function requireLabel(label: string): string {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    throw new Error(`There is no encoding “${label}”: give one such as utf-8, utf-16le, windows-1252 or shift_jis.`);
  }
}
