/** A run on disk: one folder whose `run.json` says what it is, how it was set up and how it stands. */
import { mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { check, lock } from 'proper-lockfile';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { schemaProblem } from '../errors/schemaProblem.js';
import { namesIn, requireEmpty } from '../files/emptyFolder.js';
import { fileErrorCode, fileProblem } from '../files/fileProblem.js';
import { parseSettings, type Settings } from '../settings/settings.js';
import { ENGINE_DECIDERS } from './engineDecision.js';
import { makeFolder } from './folder.js';
import { provenanceSchema } from './importedRecord.js';
import { initializationSchema } from './initialization.js';
import { isAlive, type ProcessIdentity, processStart, thisProcess } from './processIdentity.js';
import { type RunNotes, readNotes } from './runNotes.js';

const RUN_SCHEMA_VERSION = 1;

export const runFile = (dir: string): string => join(dir, 'run.json');
export const metricsFile = (dir: string): string => join(dir, 'metrics.jsonl');
export const logFile = (dir: string): string => join(dir, 'log.txt');

/** What `run.json` says. */
const STORED_STATUSES = ['created', 'running', 'stopped', 'finished', 'failed'] as const;
type StoredStatus = (typeof STORED_STATUSES)[number];
/** `interrupted`: it says `running`, but the process is gone. */
export type RunStatus = StoredStatus | 'interrupted';

const count = z.int().min(0);
const imageFactsSchema = z.object({
  /** Images of the sample. */
  images: count,
  /** Of one color all over. */
  blank: count,
  /** With another one that looks the same. */
  alike: count,
  /** Of their shorter sides, in pixels. */
  medianSide: count,
  /** Images of the class that has most of them; 0 without classes. */
  largestClass: count,
});
/** What a sample of the training images looks like. */
export type ImageFacts = Readonly<z.output<typeof imageFactsSchema>>;
const recordSchema = z.object({
  schemaVersion: z.literal(RUN_SCHEMA_VERSION),
  name: z.string(),
  preset: z.string().optional(),
  config: z.record(z.string(), z.unknown()),
  dataset: z.object({ path: z.string(), fingerprint: z.string(), images: count }),
  /** The weights that it started from; absent: random ones. */
  init: initializationSchema.optional(),
  /** The frozen network that it is distilled from, as it was found at the start; absent: it has none. */
  teacher: provenanceSchema.optional(),
  /** Absent in runs of earlier versions, and before the first step. */
  sample: imageFactsSchema.optional(),
  /** What ran it last; `runsAs`: how, where the engine has several ways; `decidedBy`: what decided for it. */
  engine: z
    .object({
      name: z.string(),
      version: z.string(),
      runsAs: z.string().optional(),
      decidedBy: z.enum(ENGINE_DECIDERS).optional(),
    })
    .optional(),
  seeds: z.object({ run: count }),
  versions: z.record(z.string(), z.string()),
  status: z.enum(STORED_STATUSES),
  process: z.object({ pid: count, start: z.string(), host: z.string() }).optional(),
  createdAt: z.iso.datetime(),
  /** When it began to train or was resumed. */
  startedAt: z.iso.datetime().optional(),
  /** While it computes the outputs of its teacher, before its first step: no step is to be expected then. */
  computesTeacher: z.literal(true).optional(),
  endedAt: z.iso.datetime().optional(),
  error: z.string().optional(),
  /** Of a fine-tuning: the classes in the order of the network's outputs. */
  classes: z.array(z.string()).optional(),
  /** Of a fine-tuning: SHA-256 of the class of each image; absent in runs of earlier versions. */
  labels: z.string().optional(),
  /** Of a fine-tuning: the step after which most test images were right, and percent of them. */
  best: z.object({ step: count, test_top1: z.number() }).optional(),
  /** The step whose loss or gradient was not finite, when that ended the run. */
  divergedAt: count.optional(),
  totals: z.object({
    /** Steps made. */
    steps: count,
    /** Steps that the run has when it is finished. */
    totalSteps: count,
    stepsPerEpoch: count,
    /** Time spent training, all sessions together. */
    seconds: z.number().min(0),
    /** Images that could not be read. */
    unreadable: count,
  }),
});

type RunTotals = z.output<typeof recordSchema>['totals'];
export type RunRecord = Omit<Readonly<z.output<typeof recordSchema>>, 'config'> & { readonly config: Settings };

export interface Run {
  readonly dir: string;
  /** With the name that a person noted, where there is one. */
  readonly record: RunRecord;
  readonly status: RunStatus;
  readonly notes: RunNotes;
}

/** A folder in the place of a run whose record cannot be read. */
export interface BrokenRun {
  readonly dir: string;
  readonly error: string;
}

export interface NewRun {
  /** The run's folder; it must be absent or empty. */
  readonly dir?: string;
  /** Where a folder named by time and name is made, when `dir` is not given. */
  readonly root?: string;
  /** Absent: the name of the data set's folder. */
  readonly name?: string;
  readonly settings: Settings;
  readonly preset?: string;
  readonly dataset: RunRecord['dataset'];
  readonly init?: RunRecord['init'];
  readonly teacher?: RunRecord['teacher'];
  readonly classes?: RunRecord['classes'];
  readonly labels?: RunRecord['labels'];
  readonly engine?: RunRecord['engine'];
  /** Of the program and its main parts, by name. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly totals?: Partial<RunTotals>;
}

/** What may change in a record; `undefined` takes an entry away. Totals are merged. */
export type RunChange = {
  readonly [Key in keyof Omit<RunRecord, 'schemaVersion' | 'totals'>]?: RunRecord[Key] | undefined;
} & {
  readonly totals?: Partial<RunTotals>;
};

/**
 * Makes the folder and its record, with status `created`.
 * @throws Error when the folder holds something already, or cannot be written
 */
export async function createRun(options: NewRun): Promise<Run> {
  const name = options.name?.trim() || basename(resolve(options.dataset.path));
  const dir = options.dir === undefined ? makeRunFolder(options.root ?? '.', name) : useFolder(resolve(options.dir));
  const totals = { steps: 0, totalSteps: 0, stepsPerEpoch: 0, seconds: 0, unreadable: 0, ...options.totals };
  const record: RunRecord = {
    schemaVersion: RUN_SCHEMA_VERSION,
    name,
    ...(options.preset === undefined ? {} : { preset: options.preset }),
    config: options.settings,
    dataset: options.dataset,
    ...(options.init && { init: options.init }),
    ...(options.teacher && { teacher: options.teacher }),
    ...(options.classes && { classes: options.classes }),
    ...(options.labels !== undefined && { labels: options.labels }),
    ...(options.engine ? { engine: options.engine } : {}),
    seeds: { run: options.settings.seed },
    versions: { node: process.versions.node, ...options.versions },
    status: 'created',
    createdAt: new Date().toISOString(),
    totals,
  };
  writeFirstRecord(dir, record);
  return openRun(dir);
}

/** @throws Error that names the folder, when it holds no run or its record is damaged */
export async function openRun(dir: string): Promise<Run> {
  const record = readRecord(dir);
  const notes = readNotes(dir);
  return { dir, record: { ...record, name: notes.name ?? record.name }, status: await statusOf(dir, record), notes };
}

/** Whether the folder holds a run (possibly a damaged one). */
export function isRunFolder(dir: string): boolean {
  try {
    return readdirSync(dir).includes('run.json');
  } catch {
    return false;
  }
}

/** The runs in a folder, newest first; a damaged one is listed with its error. An absent folder has none. */
export async function listRuns(root: string): Promise<(Run | BrokenRun)[]> {
  let names: string[];
  try {
    names = readdirSync(root, { withFileTypes: true }).flatMap((entry) =>
      entry.name.startsWith('.') || entry.isFile() ? [] : [entry.name],
    );
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return [];
    throw new Error(`The runs in ${root} cannot be listed: ${fileProblem(error)}.`);
  }
  const runs = await Promise.all(
    names
      .map((name) => join(root, name))
      .filter(isRunFolder)
      .map((dir) => openRun(dir).catch((error: unknown) => ({ dir, error: fileProblem(error) }))),
  );
  const age = (run: Run | BrokenRun) => ('record' in run ? run.record.createdAt : '');
  return runs.sort((a, b) => age(b).localeCompare(age(a)) || a.dir.localeCompare(b.dir));
}

/** Changes the record, atomically. @throws Error as {@link openRun}, or when it cannot be written */
export async function updateRun(dir: string, change: RunChange): Promise<Run> {
  // Read and written without a pause, so that two changes in one process cannot undo each other.
  const record = readRecord(dir);
  const changed = { ...record, ...change, totals: { ...record.totals, ...change.totals } };
  const { success, error } = recordSchema.safeParse(changed);
  if (!success) throw new Error(`The change of the run ${dir} is not valid: ${schemaProblem(error, changed)}.`);
  writeRecord(dir, changed as RunRecord);
  return openRun(dir);
}

/** A run that this process trains. */
export interface HeldRun {
  readonly dir: string;
  update(change: RunChange): Promise<Run>;
  /** Writes how the run ended, and lets others have it. */
  end(status: 'stopped' | 'finished' | 'failed', change?: RunChange): Promise<Run>;
}

/** A lock that was not renewed for this long was left by a process that is gone (it renews it every half of that). */
const STALE_MS = 10_000;
/** The shortest that proper-lockfile knows, for when the owner is known to be gone. */
const SHORTEST_STALE_MS = 2000;

/**
 * Takes the run for this process, and marks it as running. No two processes train one run: beside the lock, the owner's
 * process is looked at, since a lock goes stale while a long computation holds up its owner.
 * @throws Error naming the owner, when another process has the run
 */
export async function holdRun(dir: string): Promise<HeldRun> {
  const { record, status } = await openRun(dir);
  const me = await thisProcess();
  const owner = record.process;
  const taken = (by: string) =>
    new Error(`The run ${dir} is being trained by ${by}: stop it there first, or choose another folder.`);
  if (status === 'running' && owner && !isSame(owner, me)) throw taken(`process ${owner.pid} on ${owner.host}`);
  const release = await lock(dir, {
    lockfilePath: lockFile(dir),
    ...(status === 'interrupted'
      ? { stale: SHORTEST_STALE_MS, retries: { retries: 10, minTimeout: 300, factor: 1 } }
      : { stale: STALE_MS }),
    // A computation that held up this process let the lock go stale; the owner's process in the record still guards the run.
    onCompromised: () => {},
  }).catch((error: unknown) => {
    throw fileErrorCode(error) === 'ELOCKED'
      ? taken('another process')
      : new Error(`The run ${dir} cannot be locked: ${fileProblem(error)}.`);
  });
  try {
    const startedAt = new Date().toISOString();
    await updateRun(dir, {
      status: 'running',
      process: me,
      startedAt,
      endedAt: undefined,
      error: undefined,
      divergedAt: undefined,
      computesTeacher: undefined,
    });
  } catch (error) {
    await release();
    throw error;
  }
  return {
    dir,
    update: (change) => updateRun(dir, change),
    async end(ending, change = {}) {
      try {
        return await updateRun(dir, {
          ...change,
          status: ending,
          process: undefined,
          endedAt: new Date().toISOString(),
        });
      } finally {
        // It may be gone already, with the folder or as compromised: either way nobody is kept out.
        await release().catch(() => {});
      }
    },
  };
}

/**
 * Deletes a run's folder, whatever state its record is in.
 * @throws Error when, links resolved, it does not lie directly in `root`, is not a run, or is being trained
 */
export async function deleteRun(root: string, dir: string): Promise<void> {
  let real: string;
  try {
    real = realpathSync(dir);
    if (dirname(real) !== realpathSync(root)) throw new Error(`it does not lie in the folder of the runs, ${root}`);
    if (!isRunFolder(real)) throw new Error('it has no run.json, so it is not a run');
  } catch (error) {
    throw new Error(`${dir} is not deleted: ${fileProblem(error)}.`);
  }
  const run = await openRun(real).catch(() => undefined);
  const held = run ? run.status === 'running' : await isLocked(real);
  if (held) throw new Error(`The run ${dir} is not deleted, because it is being trained: stop it first.`);
  try {
    // Renamed first: it is gone from the list at once, and if something in it is in use nothing is lost yet.
    const aside = join(dirname(real), `${DELETED}${basename(real)}-${process.pid}`);
    renameSync(real, aside);
    // Gigabytes of checkpoints take their time, which must not hold up who asked.
    await rm(aside, { recursive: true, force: true });
  } catch (error) {
    throw new Error(`The run ${dir} cannot be deleted: ${fileProblem(error)}.`);
  }
}

const DELETED = '.deleted-';

/**
 * Goes on with deletions in a folder of runs that were cut off, as by the end of their process.
 * @throws Error naming the folder that cannot be deleted
 */
export async function finishDeletions(root: string): Promise<void> {
  for (const name of readdirSync(root)) {
    if (!name.startsWith(DELETED) || (await isProcess(Number(name.split('-').at(-1))))) continue;
    const dir = join(root, name);
    try {
      await rm(dir, { recursive: true, force: true });
    } catch (error) {
      throw new Error(`What is left of a deleted run, ${dir}, cannot be deleted: ${fileProblem(error)}.`);
    }
  }
}

const isProcess = async (pid: number): Promise<boolean> => (await processStart(pid)) !== undefined;

const lockFile = (dir: string): string => join(dir, 'run.lock');

const isLocked = (dir: string): Promise<boolean> =>
  check(dir, { lockfilePath: lockFile(dir), stale: STALE_MS }).catch(() => false);

const isSame = (a: ProcessIdentity, b: ProcessIdentity) => a.pid === b.pid && a.start === b.start && a.host === b.host;

async function statusOf(dir: string, { status, process: owner }: RunRecord): Promise<RunStatus> {
  if (status !== 'running') return status;
  if (owner && (await isAlive(owner))) return 'running';
  // The processes of another machine, which shares the folder, cannot be seen from here; its lock can.
  const elsewhere = owner !== undefined && owner.host !== (await thisProcess()).host;
  return elsewhere && (await isLocked(dir)) ? 'running' : 'interrupted';
}

function readRecord(dir: string): RunRecord {
  const path = runFile(dir);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`The run's record ${path} is damaged: it is not JSON.`);
    if (fileErrorCode(error) === 'ENOENT') throw new Error(`${dir} is not a run: it has no run.json.`);
    throw new Error(`The run's record ${path} cannot be read: ${fileProblem(error)}.`);
  }
  const version = z.object({ schemaVersion: z.number() }).safeParse(json).data?.schemaVersion;
  if (version !== undefined && version > RUN_SCHEMA_VERSION)
    throw new Error(`The run ${dir} was made by a newer version of DINO Lab: update to open it.`);
  const parsed = recordSchema.safeParse(json);
  if (!parsed.success) throw new Error(`The run's record ${path} is damaged: ${schemaProblem(parsed.error, json)}.`);
  return { ...parsed.data, config: parseSettings(parsed.data.config, ` in ${path}`) };
}

const recordText = (record: RunRecord): string => `${JSON.stringify(record, null, 2)}\n`;

/** Fails where another process has made a run in the folder since it was found empty: a record is nobody's to replace but its run's. */
function writeFirstRecord(dir: string, record: RunRecord): void {
  try {
    writeFileSync(runFile(dir), recordText(record), { flag: 'wx', flush: true });
  } catch (error) {
    if (fileErrorCode(error) === 'EEXIST') throw holdsRun(dir);
    throw cannotWrite(dir, error);
  }
}

const cannotWrite = (dir: string, error: unknown): Error =>
  new Error(`The run's record ${runFile(dir)} cannot be written: ${fileProblem(error)}.`);

const holdsRun = (dir: string): Error => new Error(`${dir} holds a run already: resume it, or choose another folder.`);

function writeRecord(dir: string, record: RunRecord): void {
  try {
    writeFileAtomic.sync(runFile(dir), recordText(record));
  } catch (error) {
    throw cannotWrite(dir, error);
  }
}

/**
 * Makes an empty folder for a run, named by the time and the run's name.
 * @throws Error when `root` cannot be written
 */
export function makeRunFolder(root: string, name: string): string {
  const time = new Date().toISOString().slice(0, 19).replace(/[T:]/g, '-');
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-|-$/g, '');
  const stem = join(resolve(root), slug ? `${time}-${slug}` : time);
  try {
    makeFolder(resolve(root));
    for (let attempt = 1; ; attempt++) {
      const dir = attempt === 1 ? stem : `${stem}-${attempt}`;
      try {
        mkdirSync(dir);
        return dir;
      } catch (error) {
        if (fileErrorCode(error) !== 'EEXIST') throw error;
      }
    }
  } catch (error) {
    throw new Error(`A run cannot be made in ${root}: ${fileProblem(error)}.`);
  }
}

function useFolder(dir: string): string {
  try {
    makeFolder(dir);
  } catch (error) {
    throw new Error(`The run's folder ${dir} cannot be made: ${fileProblem(error)}.`);
  }
  if (namesIn(dir).includes('run.json')) throw holdsRun(dir);
  requireEmpty(dir, 'the run');
  return dir;
}
