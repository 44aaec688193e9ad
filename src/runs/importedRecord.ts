/** What `import.json` says of weights that came from elsewhere. */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { backboneSchema, headSchema } from '../settings/networkSchema.js';
import { type FileDigest, fileDigestSchema } from './fileDigest.js';
import { readJsonRecord } from './jsonRecord.js';

export const IMPORT_SCHEMA_VERSION = 1;
const RECORD = 'import.json';
export const IMPORTED_WEIGHTS = 'weights.safetensors';

const count = z.int().min(1);

/** Where weights come from. */
export const provenanceSchema = z.object({
  /** As it was named: a file, the list of the parts of a model. */
  file: z.string(),
  /** Whose names the tensors had: `timm`. */
  library: z.string(),
  /** Of those in the file: `teacher`. */
  network: z.string().optional(),
  /** All files that were read, with what they held. */
  files: z.array(fileDigestSchema.extend({ name: z.string() })),
  /** Where the first layer was made to take images of other channels. */
  channels: z.object({ from: count, to: count, rule: z.string() }).optional(),
});
export type Provenance = Readonly<z.output<typeof provenanceSchema>>;

const recordSchema = z.object({
  schemaVersion: z.literal(IMPORT_SCHEMA_VERSION),
  backbone: backboneSchema,
  head: headSchema.optional(),
  /** Of patches: DINOv2's `ibot_head`. Earlier imports left it out. */
  patchHead: headSchema.optional(),
  source: provenanceSchema,
  /** Of the file of weights beside the record; those of earlier imports have none. */
  weights: fileDigestSchema.optional(),
  notes: z.array(z.string()).readonly(),
  importedAt: z.iso.datetime(),
  versions: z.record(z.string(), z.string()),
});
export type ImportRecord = Readonly<z.output<typeof recordSchema>>;

export const recordFile = (folder: string): string => join(folder, RECORD);

/** Whether the folder holds imported weights (possibly damaged ones). */
export const isImportFolder = (folder: string): boolean => existsSync(recordFile(folder));

/** The folder of an import, where the path is one or the file of weights in one. */
export function importFolderOf(path: string): string | undefined {
  if (isImportFolder(path)) return path;
  const folder = dirname(resolve(path));
  return basename(path) === IMPORTED_WEIGHTS && isImportFolder(folder) ? folder : undefined;
}

/** @throws Error with one sentence that names the record */
export const readImportRecord = (folder: string): ImportRecord => readJsonRecord(recordFile(folder), recordSchema);

/** Cheap: it looks at the size alone. @throws Error with one sentence, when the weights beside the record are gone or cut */
export function requireWhole(folder: string, { weights, source }: ImportRecord): void {
  const file = join(folder, IMPORTED_WEIGHTS);
  const bytes = statSync(file, { throwIfNoEntry: false })?.size;
  if (bytes === undefined) throw new Error(`${file} is missing: import the weights again from ${source.file}.`);
  if (weights !== undefined && bytes !== weights.bytes)
    throw altered(file, source, `it has ${bytes} bytes, but had ${weights.bytes}`);
}

/** @param found of the weights as they are now @throws Error with one sentence, when they are not those that were imported */
export function requireUnaltered(folder: string, { weights, source }: ImportRecord, found: FileDigest): void {
  if (weights === undefined || weights.sha256 === found.sha256) return;
  const begins = (sha256: string) => `${sha256.slice(0, 12)}…`;
  const what = `its SHA-256 is ${begins(found.sha256)}, but was ${begins(weights.sha256)}`;
  throw altered(join(folder, IMPORTED_WEIGHTS), source, what);
}

const altered = (file: string, { file: from }: Provenance, what: string): Error =>
  new Error(`${file} was changed after the import: ${what}; import the weights again from ${from}.`);
