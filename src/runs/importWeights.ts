/**
 * Weights from elsewhere as a folder that every command takes for a checkpoint: `weights.safetensors` with the standard names, and
 * `import.json`, which says what they are and where they come from.
 */
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { fileErrorCode, fileProblem } from '../files/fileProblem.js';
import { type OpenNetwork, openNetwork, type Wanted } from '../weights/openNetwork.js';
import { areOne, NORMS } from '../weights/readNetwork.js';
import { streamSafetensors } from '../weights/safetensors.js';
import { completed } from './completed.js';
import { makeFolder } from './folder.js';
import { IMPORT_SCHEMA_VERSION, IMPORTED_WEIGHTS, type ImportRecord, recordFile } from './importedRecord.js';
import { provenanceOfFiles } from './provenance.js';

export interface ImportRequest extends Pick<Wanted, 'network' | 'library'> {
  readonly path: string;
  /** The folder to make; absent or empty. */
  readonly out: string;
  /** Wins over what the file tells. */
  readonly numHeads?: number | undefined;
  /** Of the program and its main parts, by name. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Reads one network and writes it, a tensor at a time: memory holds no more than one of them.
 * @throws Error with one sentence that names the file or the folder; then the folder is no checkpoint
 */
export async function importWeights({
  path,
  out,
  numHeads,
  versions,
  ...wanted
}: ImportRequest): Promise<ImportRecord> {
  requireEmpty(out);
  const opened = await openNetwork(path, wanted);
  try {
    const { backbone, note } = completed(path, opened.shape, { numHeads: numHeads ?? opened.numHeads });
    const norms = opened.specs[NORMS] && (await opened.read(NORMS));
    const record: ImportRecord = {
      schemaVersion: IMPORT_SCHEMA_VERSION,
      backbone,
      ...(opened.head && { head: { ...opened.head, normLastLayer: areOne(norms) } }),
      source: await provenanceOfFiles(path, opened),
      notes: [...opened.notes, ...(note === undefined ? [] : [note])],
      importedAt: new Date().toISOString(),
      versions,
    };
    await write(out, record, opened);
    return record;
  } finally {
    opened.close();
  }
}

/** The record comes last: a folder without it is no checkpoint. */
async function write(out: string, record: ImportRecord, { specs, read }: OpenNetwork): Promise<void> {
  const weights = join(out, IMPORTED_WEIGHTS);
  let unreadable: unknown;
  try {
    makeFolder(out);
    await streamSafetensors(weights, specs, (name) =>
      read(name).catch((error: unknown) => {
        unreadable = error;
        throw error;
      }),
    );
    await writeFileAtomic(recordFile(out), `${JSON.stringify(record, null, 2)}\n`);
  } catch (error) {
    await rm(weights, { force: true }).catch(() => {});
    throw unreadable ?? new Error(`The imported weights cannot be written to ${out}: ${fileProblem(error)}.`);
  }
}

function requireEmpty(out: string): void {
  let names: string[];
  try {
    names = readdirSync(out);
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return;
    throw new Error(`The imported weights cannot be written to ${out}: ${fileProblem(error)}.`);
  }
  if (names.length > 0) throw new Error(`${out} is not empty: choose another folder for the imported weights.`);
}
