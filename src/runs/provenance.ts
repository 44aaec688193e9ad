/** Where weights come from. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { OpenNetwork } from '../weights/openNetwork.js';
import { Digesting, type FileDigest } from './fileDigest.js';
import type { Provenance } from './importedRecord.js';

/** Of long reading. */
export interface Watching {
  /** When it aborts, its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Bytes that were read since the last call. */
  readonly onRead?: ((bytes: number) => void) | undefined;
}

/** Every file is read once for its checksum. @param path as it was named */
export async function provenanceOfFiles(
  path: string,
  { files, library, network }: Pick<OpenNetwork, 'files' | 'library' | 'network'>,
  watching: Watching = {},
): Promise<Provenance> {
  const read: Provenance['files'] = [];
  for (const file of files) read.push({ name: basename(file), ...(await digestOf(file, watching)) });
  return { file: resolve(path), library, ...(network !== undefined && { network }), files: read };
}

/** Bytes of all files. */
export async function sizeOfFiles(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const READ_AT_ONCE = 2 ** 20;

export async function digestOf(file: string, { signal, onRead }: Watching = {}): Promise<FileDigest> {
  const digesting = new Digesting();
  for await (const bytes of createReadStream(file, { highWaterMark: READ_AT_ONCE })) {
    signal?.throwIfAborted();
    digesting.add(bytes as Buffer);
    onRead?.((bytes as Buffer).length);
  }
  return digesting.end();
}
