/**
 * Checkpoints of a run: `checkpoints/<step>/` with a network of each role and the optimizer in safetensors (the original's
 * names and layout) and the counters in state.json. Together they continue the run bit for bit.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { schemaProblem } from '../errors/schemaProblem.js';
import { fileErrorCode, fileProblem } from '../files/fileProblem.js';
import type { HostTensor, NamedHostTensors } from '../program/program.js';
import { readSafetensors, writeSafetensors } from '../weights/safetensors.js';

/** What a run needs to go on as if it had never stopped. */
export interface TrainingState {
  /** `backbone.*` and `head.*` of each role of the method, such as `student` and `teacher`. */
  readonly networks: Readonly<Record<string, NamedHostTensors>>;
  /** The optimizer's, such as AdamW's `exp_avg.<parameter>` and `exp_avg_sq.<parameter>`. */
  readonly moments: NamedHostTensors;
  /** What the method remembers, such as DINO's `center` of the teacher's outputs, [1, K]. */
  readonly memory: NamedHostTensors;
  /** Steps made. */
  readonly step: number;
  /** Epoch of the next step, from 0; that many epochs are complete. */
  readonly epoch: number;
  /** Place of the next step in its epoch, from 0. */
  readonly iteration: number;
  /** Updates that AdamW has made, for its bias correction; the last layer makes fewer, because it starts frozen. */
  readonly optimizerSteps: { readonly main: number; readonly lastLayer: number };
  /** All random numbers are functions of the seed and of the place in the run. */
  readonly seed: number;
  /** All schedules are functions of these two and of the step. */
  readonly epochs: number;
  readonly stepsPerEpoch: number;
}

/** What a checkpoint must have: the names of the method's roles, and of what it remembers. */
export interface CheckpointParts {
  readonly roles: Readonly<Record<string, unknown>>;
  readonly memory: Readonly<Record<string, unknown>>;
}

export interface CheckpointInfo {
  /** The checkpoint's folder. */
  readonly path: string;
  readonly step: number;
  readonly latest: boolean;
}

const STATE_SCHEMA_VERSION = 1;
/** What a method remembers, beside the moments in optimizer.safetensors: the original keeps DINO's center under this name. */
const storedName = (name: string): string => (name === 'center' ? 'dino_loss.center' : `memory.${name}`);
const NETWORK = '.safetensors';
const OPTIMIZER = `optimizer${NETWORK}`;
/** Where a checkpoint's folder has the network of a role. */
export const networkFile = (folder: string, role: string): string => join(folder, role + NETWORK);
const count = z.int().min(0);
const countersSchema = z.object({
  schemaVersion: z.literal(STATE_SCHEMA_VERSION),
  step: count,
  epoch: count,
  iteration: count,
  optimizerSteps: z.object({ main: count, lastLayer: count }),
  seed: count,
  epochs: count,
  stepsPerEpoch: count,
});

const checkpointsFolder = (dir: string): string => join(dir, 'checkpoints');
const latestFile = (dir: string): string => join(checkpointsFolder(dir), 'latest');
const stepName = (step: number): string => String(step).padStart(8, '0');

/** Whether a checkpoint has the state that a run goes on from, and not networks alone. */
export const isResumableCheckpoint = (folder: string): boolean => readdirSync(folder).includes(OPTIMIZER);

/** Whether the folder is a checkpoint (possibly a damaged one). */
export function isCheckpointFolder(path: string): boolean {
  try {
    return readdirSync(path).includes('state.json');
  } catch {
    return false;
  }
}

/** The roles whose networks a checkpoint's folder holds, by name. */
export const rolesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(NETWORK) && name !== OPTIMIZER)
    .map((name) => name.slice(0, -NETWORK.length))
    .sort();

/**
 * Saves a checkpoint of the run in `dir`: written under a temporary name, synced, renamed, and only then made the latest.
 * Whenever the process or the disk fails, the checkpoints before it stay as they were.
 * @returns the checkpoint's folder
 * @throws Error that names the step, the folder, why it failed and what is the last good checkpoint
 */
export async function saveCheckpoint(dir: string, state: TrainingState): Promise<string> {
  const { networks, moments, memory, ...counters } = state;
  const folder = checkpointsFolder(dir);
  const final = join(folder, stepName(state.step));
  const temporary = join(folder, `.tmp-${stepName(state.step)}-${process.pid}`);
  const replaced = join(folder, `.old-${stepName(state.step)}-${process.pid}`);
  try {
    // Not the run's folder: when it has been deleted meanwhile, it stays so.
    await mkdir(folder).catch(unlessPresent);
    await removeLeftovers(folder);
    await mkdir(temporary);
    for (const [role, network] of Object.entries(networks))
      await writeSafetensors(networkFile(temporary, role), network);
    const remembered = Object.entries(memory).map(([name, tensor]) => [storedName(name), tensor]);
    await writeSafetensors(join(temporary, OPTIMIZER), { ...moments, ...Object.fromEntries(remembered) });
    const text = `${JSON.stringify({ schemaVersion: STATE_SCHEMA_VERSION, ...counters }, null, 2)}\n`;
    await writeFileAtomic(join(temporary, 'state.json'), text);
    await syncFolder(temporary);
    // A folder cannot take the place of another one in a single move.
    await rename(final, replaced).catch(unlessAbsent);
    await rename(temporary, final);
    await syncFolder(folder);
    await writeFileAtomic(latestFile(dir), `${stepName(state.step)}\n`);
    await rm(replaced, { recursive: true, force: true });
    return final;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
    await rename(replaced, final).catch(() => {});
    const kept = lastGood(dir);
    throw new Error(
      `The checkpoint of step ${state.step} cannot be saved in ${folder}: ${fileProblem(error)}; ${kept}.`,
    );
  }
}

/** The run's checkpoints in order of their steps; none when there is no such folder. */
export function listCheckpoints(dir: string): CheckpointInfo[] {
  const folder = checkpointsFolder(dir);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return [];
    throw new Error(`The checkpoints in ${folder} cannot be listed: ${fileProblem(error)}.`);
  }
  /** Name of its folder by the name of the step. */
  const folders = new Map<string, string>();
  for (const name of names) {
    const step = /^\d+$/.test(name) ? name : replacedStep(name);
    // While the checkpoint of a step takes the place of an earlier one of that step, there is the earlier one alone.
    const isCovered = step !== name && step !== undefined && names.includes(step);
    if (step !== undefined && !isCovered && isCheckpointFolder(join(folder, name))) folders.set(step, name);
  }
  const steps = [...folders.keys()].sort((a, b) => Number(a) - Number(b));
  const named = readLatest(dir);
  const latest = named !== undefined && folders.has(named) ? named : steps.at(-1);
  return steps.map((step) => ({
    path: join(folder, folders.get(step) ?? step),
    step: Number(step),
    latest: step === latest,
  }));
}

/** A checkpoint, and how much of the disk it takes. */
export interface StoredCheckpoint extends CheckpointInfo {
  readonly bytes: number;
}

/** The run's checkpoints in order of their steps, with their sizes. */
export const storedCheckpoints = (dir: string): StoredCheckpoint[] =>
  listCheckpoints(dir).map((checkpoint) => ({ ...checkpoint, bytes: bytesIn(checkpoint.path) }));

const bytesIn = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

/** The step whose checkpoint is being replaced, by the name that its folder has meanwhile. */
const replacedStep = (name: string): string | undefined => /^\.old-(\d+)-/.exec(name)?.[1];

/** The checkpoint that the run goes on from. */
export const latestCheckpoint = (dir: string): CheckpointInfo | undefined =>
  listCheckpoints(dir).find((checkpoint) => checkpoint.latest);

/**
 * Reads a checkpoint's folder, or the latest checkpoint of a run's folder.
 * @throws Error naming the file and what is wrong with it
 */
export function loadCheckpoint(path: string, { roles, memory }: CheckpointParts): TrainingState {
  const folder = checkpointFolderOf(path);
  if (!isResumableCheckpoint(folder))
    throw new Error(
      `The checkpoint ${folder} has no ${OPTIMIZER}: its networks can be looked at, evaluated and trained from, but the run cannot be resumed.`,
    );
  const stateFile = join(folder, 'state.json');
  let json: unknown;
  let counters: z.output<typeof countersSchema>;
  try {
    json = JSON.parse(readFileSync(stateFile, 'utf8'));
    counters = countersSchema.parse(json);
  } catch (error) {
    const what =
      error instanceof z.ZodError
        ? schemaProblem(error, json)
        : error instanceof SyntaxError
          ? 'it is not JSON'
          : fileProblem(error);
    throw new Error(`The checkpoint's ${stateFile} cannot be read: ${what}.`);
  }
  const { schemaVersion: _, ...rest } = counters;
  const networks = Object.fromEntries(
    Object.keys(roles).map((role) => [role, readSafetensors(networkFile(folder, role))]),
  );
  const moments: Record<string, HostTensor> = { ...readSafetensors(join(folder, OPTIMIZER)) };
  const remembered: Record<string, HostTensor> = {};
  for (const name of Object.keys(memory)) {
    const stored = storedName(name);
    const tensor = moments[stored];
    if (!tensor) throw new Error(`The checkpoint ${folder} is incomplete: its ${OPTIMIZER} has no ${stored}.`);
    remembered[name] = tensor;
    delete moments[stored];
  }
  return { networks, moments, memory: remembered, ...rest };
}

/**
 * The checkpoint's folder that a path means: itself, or the latest of a run.
 * @throws Error when it is neither, or the run has no checkpoint yet
 */
export function checkpointFolderOf(path: string): string {
  if (isCheckpointFolder(path)) return path;
  const latest = latestCheckpoint(path);
  if (latest) return latest.path;
  throw new Error(`${path} has no checkpoint yet.`);
}

/**
 * Deletes the checkpoints that need not be kept. The latest one always stays.
 * @param keep says which others stay
 */
export async function pruneCheckpoints(dir: string, keep: (checkpoint: CheckpointInfo) => boolean): Promise<void> {
  for (const checkpoint of listCheckpoints(dir)) {
    if (checkpoint.latest || keep(checkpoint)) continue;
    try {
      // Renamed first: a half-deleted folder must not look like a checkpoint.
      const aside = join(checkpointsFolder(dir), `.tmp-${basename(checkpoint.path)}-${process.pid}`);
      await rename(checkpoint.path, aside);
      await rm(aside, { recursive: true, force: true });
    } catch (error) {
      throw new Error(`The checkpoint ${checkpoint.path} cannot be deleted: ${fileProblem(error)}.`);
    }
  }
}

function lastGood(dir: string): string {
  try {
    const last = latestCheckpoint(dir);
    return last ? `the last good checkpoint is step ${last.step}` : 'there is no earlier checkpoint';
  } catch {
    return 'there is no earlier checkpoint'; // What hinders saving may hinder listing, and is what should be told.
  }
}

function readLatest(dir: string): string | undefined {
  try {
    return readFileSync(latestFile(dir), 'utf8').trim();
  } catch {
    return undefined; // Killed before the first one was made the latest: the highest step stands in.
  }
}

/** What a killed process left half-written. Only the holder of the run saves, so it is nobody else's. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of readdirSync(folder)) {
    const replaced = replacedStep(name);
    // Killed between the two renames: what was there before is the checkpoint of that step still.
    if (replaced !== undefined && !isCheckpointFolder(join(folder, replaced)) && isCheckpointFolder(join(folder, name)))
      await rename(join(folder, name), join(folder, replaced));
    else if (/^\.(tmp|old)-/.test(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Has the disk keep the names in a folder. Windows cannot open a folder, and needs no such call. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function unlessPresent(error: unknown): void {
  if (fileErrorCode(error) !== 'EEXIST') throw error;
}

function unlessAbsent(error: unknown): void {
  if (fileErrorCode(error) !== 'ENOENT') throw error;
}
