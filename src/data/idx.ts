/** IDX files, the format of MNIST and its kin (yann.lecun.com/exdb/mnist): a big-endian header, then raw bytes. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { fileProblem } from '../files/fileProblem.js';

export interface IdxImages {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** [count, height, width], shared so that every thread reads one copy. */
  readonly pixels: SharedArrayBuffer;
}

const IMAGES_NAME = /images[-.]idx3-ubyte(\.gz)?$/i;

/** Most bytes that a compressed file may unfold to. */
const MAX_UNFOLDED = 2 ** 31 - 1;

export function isIdxImagesName(name: string): boolean {
  return IMAGES_NAME.test(name);
}

/** The images file that a folder directly holds, `train-...` before `t10k-...` before any other; undefined when there is none. */
export async function findIdxImages(folder: string): Promise<string | undefined> {
  const entries = await readdir(folder).catch((error: unknown) => {
    throw new Error(`The folder ${folder} cannot be read: ${fileProblem(error)}.`);
  });
  const names = entries.filter(isIdxImagesName).sort();
  const name = names.find((one) => one.startsWith('train')) ?? names.find((one) => one.startsWith('t10k')) ?? names[0];
  return name === undefined ? undefined : join(folder, name);
}

/** The labels file beside an images file (`train-images-idx3-ubyte` -> `train-labels-idx1-ubyte`, compressed or not), if there is one. */
export async function findIdxLabels(imagesFile: string): Promise<string | undefined> {
  const plain = basename(imagesFile)
    .replace(/\.gz$/i, '')
    .replace(/images([-.])idx3/i, 'labels$1idx1');
  for (const name of [plain, `${plain}.gz`]) {
    const path = join(dirname(imagesFile), name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return path;
  }
  return undefined;
}

/** @throws Error when the file is not an IDX file of gray pictures, or is truncated */
export async function readIdxImages(path: string): Promise<IdxImages> {
  const { sizes, body } = await readIdx(path, 3);
  const [count = 0, height = 0, width = 0] = sizes;
  const pixels = new SharedArrayBuffer(body.length);
  new Uint8Array(pixels).set(body);
  return { count, height, width, pixels };
}

/** @throws Error when the file is not an IDX file of `count` labels */
export async function readIdxLabels(path: string, count: number): Promise<Uint8Array> {
  const { sizes, body } = await readIdx(path, 1);
  if (sizes[0] !== count)
    throw new Error(`${path} holds ${sizes[0]} labels for ${count} pictures; they must be as many.`);
  return body;
}

async function readIdx(path: string, dimensions: number): Promise<{ sizes: number[]; body: Uint8Array }> {
  const file = await readUnfolded(path);
  const headerBytes = 4 + 4 * dimensions;
  // 0, 0, type (8: unsigned byte), number of dimensions.
  if (file.length < 4 || file.readUInt32BE(0) !== 0x0800 + dimensions) {
    throw new Error(`${path} is not an IDX file of bytes with ${dimensions} dimension${dimensions > 1 ? 's' : ''}.`);
  }
  if (file.length < headerBytes)
    throw new Error(`${path} is truncated: its header has ${file.length} of ${headerBytes} bytes.`);
  const sizes = Array.from({ length: dimensions }, (_, dimension) => file.readUInt32BE(4 + 4 * dimension));
  const bodyBytes = sizes.reduce((product, size) => product * size, 1);
  if (bodyBytes === 0) throw new Error(`${path} holds no pictures.`);
  if (file.length !== headerBytes + bodyBytes) {
    const problem = file.length < headerBytes + bodyBytes ? 'truncated' : 'damaged';
    throw new Error(
      `${path} is ${problem}: ${sizes.join(' x ')} need ${headerBytes + bodyBytes} bytes, but it has ${file.length}.`,
    );
  }
  return { sizes, body: file.subarray(headerBytes) };
}

async function readUnfolded(path: string): Promise<Buffer> {
  const file = await readFile(path).catch((error: unknown) => {
    throw new Error(`${path} cannot be read: ${fileProblem(error)}.`);
  });
  if (!path.toLowerCase().endsWith('.gz')) return file;
  try {
    return await promisify(gunzip)(file, { maxOutputLength: MAX_UNFOLDED });
  } catch (error) {
    throw new Error(`${path} cannot be unpacked: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
