/**
 * Weights from elsewhere as a folder that every command takes for a checkpoint: `weights.safetensors` with the standard names, and
 * `import.json`, which says what they are and where they come from.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { requireEmpty } from '../files/emptyFolder.js';
import { fileProblem } from '../files/fileProblem.js';
import { type HostTensor, sizeOf } from '../program/program.js';
import { streamSafetensors } from '../weights/safetensors.js';
import { Digesting } from './fileDigest.js';
import { makeFolder } from './folder.js';
import { type Importable, openImportable, type WantedImport } from './importable.js';
import { IMPORT_SCHEMA_VERSION, IMPORTED_WEIGHTS, type ImportRecord, recordFile } from './importedRecord.js';
import { sizeOfFiles } from './provenance.js';
import { withChannels } from './withChannels.js';

export interface ImportRequest extends WantedImport {
  readonly path: string;
  /** The folder to make; absent or empty. */
  readonly out: string;
  /** Of the images that the network is to take; absent: as the file has it. */
  readonly channels?: number | undefined;
  /** Of the program and its main parts, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface ImportSurroundings {
  /** When it aborts, its reason is thrown, and what was written is removed. */
  readonly signal?: AbortSignal;
  /** How many bytes were read or written, of all that will be. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Reads one network and writes it, a tensor at a time: memory holds no more than one of them.
 * @throws Error with one sentence that names the file or the folder; then the folder is no checkpoint
 */
export async function importWeights(
  { path, out, channels, versions, ...wanted }: ImportRequest,
  { signal, onProgress }: ImportSurroundings = {},
): Promise<ImportRecord> {
  requireEmpty(out, 'the imported weights');
  const found = await openImportable(path, wanted);
  try {
    const importable = channels === undefined ? found : withChannels(found, channels, path);
    const total = (await sizeOfFiles(importable.files)) + bytesOf(importable);
    let done = 0;
    const onBytes = (bytes: number) => {
      done += bytes;
      onProgress?.(done, total);
    };
    const { backbone, head, patchHead, notes, read } = importable;
    const record = {
      schemaVersion: IMPORT_SCHEMA_VERSION,
      backbone,
      ...(head && { head }),
      ...(patchHead && { patchHead }),
      source: await importable.source({ signal, onRead: onBytes }),
      notes,
      importedAt: new Date().toISOString(),
      versions,
    } as const;
    return await write(out, record, {
      ...importable,
      read: async (name) => {
        signal?.throwIfAborted();
        const tensor = await read(name);
        onBytes(tensor.data.byteLength);
        return tensor;
      },
    });
  } finally {
    found.close();
  }
}

const bytesOf = ({ specs }: Importable): number =>
  Object.values(specs).reduce((sum, { shape }) => sum + sizeOf(shape) * Float32Array.BYTES_PER_ELEMENT, 0);

/** The record comes last: a folder without it is no checkpoint. */
async function write(out: string, told: ImportRecord, { specs, read }: Importable): Promise<ImportRecord> {
  const weights = join(out, IMPORTED_WEIGHTS);
  const isNew = !existsSync(out);
  let unreadable: unknown;
  const readOrNote = (name: string): Promise<HostTensor> =>
    read(name).catch((error: unknown) => {
      unreadable = error;
      throw error;
    });
  try {
    makeFolder(out);
    const digesting = new Digesting();
    await streamSafetensors(weights, specs, readOrNote, digesting.add);
    const record: ImportRecord = { ...told, weights: digesting.end() };
    await writeFileAtomic(recordFile(out), `${JSON.stringify(record, null, 2)}\n`);
    return record;
  } catch (error) {
    await rm(isNew ? out : weights, { force: true, recursive: true }).catch(() => {});
    throw unreadable ?? new Error(`The imported weights cannot be written to ${out}: ${fileProblem(error)}.`);
  }
}
