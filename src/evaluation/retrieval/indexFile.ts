/**
 * The features of a folder's images in a file: a mark, a SHA-256 over the rest, the length of a JSON header, the header, and a row of
 * float32 (little-endian) for each image. Written under another name first, so that only a copy that was cut off is ever incomplete.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { fileErrorCode, fileProblem } from '../../files/fileProblem.js';
import type { FeatureMatrix } from '../knn.js';

const MARK = Buffer.from('DINOINDEX1\n', 'latin1');
const HASH_BYTES = 32;
const LENGTH_BYTES = 4;

const headerSchema = z.object({
  /** Tells the network. */
  network: z.string(),
  networkName: z.string(),
  dim: z.int().min(1),
  images: z.array(z.object({ name: z.string(), stamp: z.string() })),
});

export interface FeatureIndex {
  readonly network: string;
  readonly networkName: string;
  /** Of each row. */
  readonly images: readonly IndexedImage[];
  /** Rows of length 1. */
  readonly features: FeatureMatrix;
}

export interface IndexedImage {
  readonly name: string;
  /** Changes when the file is written again. */
  readonly stamp: string;
}

/**
 * @returns undefined when there is none; `incomplete` when it was cut off or damaged
 * @throws Error with one sentence when the file cannot be read, or is something else
 */
export async function readIndex(path: string): Promise<FeatureIndex | 'incomplete' | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return undefined;
    throw new Error(`The index ${path} cannot be read: ${fileProblem(error)}.`);
  }
  const mark = bytes.subarray(0, MARK.length);
  if (!MARK.subarray(0, mark.length).equals(mark) || bytes.length === 0)
    throw new Error(`${path} is no index of images: choose another file for it.`);
  return parsed(bytes.subarray(MARK.length)) ?? 'incomplete';
}

function parsed(bytes: Buffer): FeatureIndex | undefined {
  const content = bytes.subarray(HASH_BYTES);
  if (content.length < LENGTH_BYTES || !hashOf(content).equals(bytes.subarray(0, HASH_BYTES))) return undefined;
  const end = LENGTH_BYTES + content.readUInt32LE(0);
  const { dim, images, ...network } = headerSchema.parse(JSON.parse(content.toString('utf8', LENGTH_BYTES, end)));
  const rows = content.subarray(end);
  const data = new Float32Array(rows.buffer.slice(rows.byteOffset, rows.byteOffset + rows.length));
  return { ...network, images, features: { rows: images.length, dim, data } };
}

/** @throws Error with one sentence */
export async function writeIndex(
  path: string,
  { features, images, network, networkName }: FeatureIndex,
): Promise<void> {
  const header = Buffer.from(JSON.stringify({ network, networkName, dim: features.dim, images }), 'utf8');
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(header.length);
  const { buffer, byteOffset, byteLength } = features.data;
  const content = Buffer.concat([length, header, new Uint8Array(buffer, byteOffset, byteLength)]);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, Buffer.concat([MARK, hashOf(content), content]));
  } catch (error) {
    throw new Error(`The index ${path} cannot be written: ${fileProblem(error)}.`);
  }
}

const hashOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
