/** Which outputs of its teacher a run needs on disk, which of them are there, and whether there is room for the rest. */
import type { Dataset } from '../../data/modality.js';
import { betweenStages } from '../../engines/stop.js';
import type { Provenance } from '../../runs/importedRecord.js';
import { OutputsFolder, type Steps } from '../../runs/teacherOutputs/outputsFolder.js';
import { isPrecomputed } from '../../settings/parts/distillation.js';
import { SettingsError } from '../../settings/problems.js';
import type { Settings } from '../../settings/settings.js';
import { counted } from '../../text/counted.js';
import { gigabytes } from '../suggestion/memory.js';
import { outputSpecs } from './givenToTeacher.js';

export interface PlannedOutputs {
  readonly folder: OutputsFolder;
  /** Steps, numbered from 0, whose outputs have to be computed. */
  readonly missing: readonly number[];
  /** What is said of them before the first step. */
  readonly remarks: readonly string[];
}

/**
 * Looks, and writes nothing.
 * @param steps that the run is about to make
 * @returns undefined for a run that computes its teacher in each step, or has none
 * @throws Error with one sentence, when the folder has the outputs of other runs, cannot be written, or has no room; a SettingsError where
 * other settings would do; the reason of `stop` when it aborts
 */
export async function plannedOutputs(
  settings: Settings,
  { path, fingerprint, size: images }: Dataset,
  teacher: Provenance | undefined,
  steps: Steps,
  stop: AbortSignal,
): Promise<PlannedOutputs | undefined> {
  const { teacher_network: network } = settings;
  if (!isPrecomputed(settings) || teacher === undefined || network === null) return undefined;
  const source = { teacher, network, dataset: { path, fingerprint, images }, settings };
  const folder = new OutputsFolder(settings.distill_outputs, source, outputSpecs(settings));
  const { missing, cut } = await folder.look(steps, () => betweenStages(stop));
  const { bytesOfStep } = folder;
  const needed = missing.length * bytesOfStep;
  if (missing.length > 0) requireRoom(folder.path, needed, await folder.room());
  const remarks = steps.first < steps.end ? [...cut.map(cutOff), remark(folder, steps, missing.length)] : [];
  return { folder, missing, remarks };
}

/** @throws Error with one sentence */
function requireRoom(folder: string, needed: number, free: number): void {
  if (needed <= free) return;
  throw new SettingsError([
    `The teacher's outputs take ${inWords(needed)} more in ${folder}, but only ${inWords(free)} are free there: choose a folder on another disk for distill_outputs, train for fewer epochs, or leave distill_outputs out.`,
  ]);
}

const cutOff = (file: string): string => `${file} is cut off, and is computed again`;

function remark({ path, bytesOfStep }: OutputsFolder, { first, end }: Steps, missing: number): string {
  const steps = end - first;
  const all = `the teacher's outputs of ${counted(steps, 'step')} take ${inWords(steps * bytesOfStep)} in ${path}`;
  if (missing === 0) return `${all}: all are there, and the teacher is not computed`;
  const there = missing === steps ? '' : `${steps - missing} are there, and `;
  return `${all}: ${there}${missing} (${inWords(missing * bytesOfStep)}) are computed before the first step`;
}

const inWords = (bytes: number): string =>
  bytes < 9.95e8 ? `${(bytes / 1e6).toFixed(bytes < 9.95e6 ? 2 : 0)} MB` : gigabytes(bytes);
