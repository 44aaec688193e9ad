/** What `outputs.json` says of the outputs of a teacher: what they were computed from. Runs of which that differs cannot share them. */
import { createHash, randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { copyFile, link, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { UNFINISHED } from '../../files/asideFile.js';
import { fileErrorCode } from '../../files/fileProblem.js';
import { type TeacherNetwork, teacherNetworkSchema } from '../../settings/networkSchema.js';
import { SettingsError } from '../../settings/problems.js';
import type { Settings } from '../../settings/settings.js';
import { differences, teacherInputs } from '../../settings/teacherInputs.js';
import { type Provenance, provenanceSchema } from '../importedRecord.js';
import { readJsonRecord } from '../jsonRecord.js';
import type { RunRecord } from '../run.js';

const OUTPUTS_SCHEMA_VERSION = 1;

const recordSchema = z.object({
  schemaVersion: z.literal(OUTPUTS_SCHEMA_VERSION),
  teacher: provenanceSchema,
  network: teacherNetworkSchema,
  dataset: z.object({ path: z.string(), fingerprint: z.string(), images: z.int().min(0) }),
  /** Those that decide what the teacher is given. */
  settings: z.record(z.string(), z.unknown()),
});
type OutputsRecord = Readonly<z.output<typeof recordSchema>>;

/** What the outputs of a run are computed from. */
export interface OutputsSource {
  readonly teacher: Provenance;
  readonly network: TeacherNetwork;
  readonly dataset: RunRecord['dataset'];
  readonly settings: Settings;
}

export const recordFile = (folder: string): string => join(folder, 'outputs.json');

const recordOf = ({ teacher, network, dataset, settings }: OutputsSource): OutputsRecord => ({
  schemaVersion: OUTPUTS_SCHEMA_VERSION,
  teacher,
  network,
  dataset,
  settings: teacherInputs(settings),
});

/** Undefined when the folder has none. @throws Error with one sentence that names the file */
export function readOutputsRecord(folder: string): OutputsRecord | undefined {
  const file = recordFile(folder);
  return existsSync(file) ? readJsonRecord(file, recordSchema) : undefined;
}

/**
 * Unless the folder has one: of runs that begin together, one alone writes it. It appears whole or not at all.
 * @throws Error of the file system
 */
export async function createOutputsRecord(folder: string, source: OutputsSource): Promise<void> {
  const file = recordFile(folder);
  if (existsSync(file)) return;
  const aside = `${file}.${randomUUID()}${UNFINISHED}`;
  try {
    await writeFile(aside, `${JSON.stringify(recordOf(source), null, 2)}\n`, { flag: 'wx', flush: true });
    await link(aside, file).catch(async (error: unknown) => {
      // Some file systems have no links.
      if (fileErrorCode(error) !== 'EEXIST') await copyFile(aside, file, constants.COPYFILE_EXCL);
    });
  } catch (error) {
    if (fileErrorCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** @throws Error with one sentence, when the outputs in the folder were computed from anything else; a SettingsError for other settings */
export function requireSameSource(folder: string, recorded: OutputsRecord, source: OutputsSource): void {
  const refused = (what: string) =>
    new Error(`The outputs in ${folder} ${what}: choose another folder for distill_outputs.`);
  const { teacher, network, dataset, settings } = source;
  if (identityOf(recorded.teacher) !== identityOf(teacher))
    throw refused(`are those of another teacher, ${named(recorded.teacher)}, and not of ${named(teacher)}`);
  if (!isDeepStrictEqual(recorded.network, network))
    throw refused(`are those of a teacher of another shape than ${teacher.file} has now`);
  if (recorded.dataset.fingerprint !== dataset.fingerprint)
    throw refused(
      `were computed from the images of ${recorded.dataset.path}, ${recorded.dataset.images} of them, and not from those of ${dataset.path}, ${dataset.images} by name and size`,
    );
  const differing = differences(recorded.settings, settings);
  if (differing.length > 0)
    throw new SettingsError([
      `The outputs in ${folder} were computed with ${differing.join(', ')}: set the same, or choose another folder for distill_outputs.`,
    ]);
}

/** Tells the teacher, and its shape, in the file of each step. */
export const teacherChecksum = ({ teacher, network }: OutputsSource): string =>
  createHash('sha256')
    .update(JSON.stringify([identityOf(teacher), network], sortedKeys))
    .digest('hex');

/** So that equal objects give equal text. */
const sortedKeys = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

const identityOf = ({ files, network, channels }: Provenance): string =>
  JSON.stringify([files.map(({ sha256 }) => sha256), network, channels]);

const named = ({ file, files }: Provenance): string => `${file} (SHA-256 ${files[0]?.sha256.slice(0, 12)}…)`;
