/** Where weights come from. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { OpenNetwork } from '../weights/openNetwork.js';
import type { Provenance } from './importedRecord.js';

/** Every file is read once for its checksum. @param path as it was named */
export async function provenanceOfFiles(
  path: string,
  { files, library, network }: Pick<OpenNetwork, 'files' | 'library' | 'network'>,
): Promise<Provenance> {
  const read: Provenance['files'] = [];
  for (const file of files) {
    const { size } = await stat(file);
    read.push({ name: basename(file), bytes: size, sha256: await sha256Of(file) });
  }
  return { file: resolve(path), library, ...(network !== undefined && { network }), files: read };
}

const READ_AT_ONCE = 2 ** 20;

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(file, { highWaterMark: READ_AT_ONCE })) hash.update(bytes as Buffer);
  return hash.digest('hex');
}
