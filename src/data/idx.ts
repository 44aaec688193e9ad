/** IDX files, the format of MNIST and its kin (yann.lecun.com/exdb/mnist): a big-endian header, then raw bytes. */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { errorMessage } from '../errors/errorMessage.js';
import { fileProblem } from '../files/fileProblem.js';
import { counted } from '../text/counted.js';

export interface IdxImages {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** [count, height, width], shared so that every thread reads one copy. */
  readonly pixels: SharedArrayBuffer;
}

/** Most bytes that a compressed file may unfold to. */
const MAX_UNFOLDED = 2 ** 31 - 1;

/** @throws Error when the file is not an IDX file of gray images, or is truncated */
export async function readIdxImages(path: string): Promise<IdxImages> {
  const { sizes, body } = await readIdx(path, 3);
  const [count = 0, height = 0, width = 0] = sizes;
  const pixels = new SharedArrayBuffer(body.length);
  new Uint8Array(pixels).set(body);
  return { count, height, width, pixels };
}

/**
 * QMNIST's labels are rows of whole numbers, whose first is the class; all others are a byte each.
 * @returns [count]
 * @throws Error when the file is not an IDX file of `count` labels
 */
export async function readIdxLabels(path: string, count: number): Promise<ArrayLike<number>> {
  const file = await readUnfolded(path);
  const isOfRows = file.length >= 4 && file.readUInt32BE(0) === ROWS_OF_INTEGERS;
  const { sizes, body } = isOfRows ? bodyOf(file, path, ROWS_OF_INTEGERS, 2, 4) : bodyOf(file, path, BYTES + 1, 1, 1);
  const [labels, width = 1] = sizes;
  if (labels !== count)
    throw new Error(
      `${path} holds ${counted(labels ?? 0, 'label')} for ${counted(count, 'image')}; they must be as many.`,
    );
  return isOfRows ? Array.from({ length: count }, (_, row) => body.readInt32BE(4 * row * width)) : body;
}

/** 0, 0, the type (8: unsigned byte, 12: 32-bit integer), the number of dimensions. */
const BYTES = 0x0800;
const ROWS_OF_INTEGERS = 0x0c02;

/** The beginning of a file of gray images. */
export const IDX_IMAGES_MAGIC = BYTES + 3;

/** The beginning of a file of labels. */
export const isIdxLabels = (start: Buffer): boolean =>
  start.length >= 4 && [BYTES + 1, ROWS_OF_INTEGERS].includes(start.readUInt32BE(0));

async function readIdx(path: string, dimensions: number): Promise<{ sizes: number[]; body: Buffer }> {
  return bodyOf(await readUnfolded(path), path, BYTES + dimensions, dimensions, 1);
}

/** @param bytes of one number */
function bodyOf(file: Buffer, path: string, magic: number, dimensions: number, bytes: number) {
  const headerBytes = 4 + 4 * dimensions;
  if (file.length < 4 || file.readUInt32BE(0) !== magic) {
    throw new Error(`${path} is not an IDX file of bytes with ${dimensions} dimension${dimensions > 1 ? 's' : ''}.`);
  }
  if (file.length < headerBytes)
    throw new Error(`${path} is truncated: its header has ${file.length} of ${headerBytes} bytes.`);
  const sizes = Array.from({ length: dimensions }, (_, dimension) => file.readUInt32BE(4 + 4 * dimension));
  const bodyBytes = sizes.reduce((product, size) => product * size, bytes);
  if (bodyBytes === 0) throw new Error(`${path} holds no images.`);
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
  if (file[0] !== 0x1f || file[1] !== 0x8b) return file;
  try {
    return await promisify(gunzip)(file, { maxOutputLength: MAX_UNFOLDED });
  } catch (error) {
    throw new Error(`${path} cannot be unpacked: ${errorMessage(error)}.`);
  }
}
