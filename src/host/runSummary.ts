/** How a run stands, from all that is known of it: its record, its last metrics, and its training in this window. */
import { basename } from 'node:path';
import { type Diagnosis, diagnoseRun } from '../diagnosis/diagnosis.js';
import type { TrainProgress } from '../protocol/worker.js';
import { NO_METRICS, type RecentMetrics } from '../runs/recentMetrics.js';
import type { BrokenRun, Run, RunStatus } from '../runs/run.js';
import type { TrainingEnd, TrainingState } from './training.js';

/** `broken`: its record cannot be read. `queued`: it waits for others. `preparing`: data are read, the step is compiled. */
export type RunState = RunStatus | 'queued' | 'preparing' | 'stopping' | 'broken';

export interface RunSummary {
  readonly dir: string;
  readonly name: string;
  readonly state: RunState;
  readonly step: number;
  /** 0 while unknown. */
  readonly totalSteps: number;
  /** Epochs that are complete, with the part of the one under way. */
  readonly epoch: number;
  readonly epochs: number;
  readonly loss?: number;
  readonly imagesPerSecond?: number;
  readonly etaSeconds?: number;
  /** While its teacher is computed, before the first step: batches. */
  readonly teacher?: TrainProgress['teacher'];
  /** What went wrong: a sentence, then the last lines of stderr. */
  readonly problems: readonly string[];
  /** What its numbers show; absent while it has no record. */
  readonly diagnosis?: Diagnosis;
  readonly run?: Run;
}

export interface RunSources {
  readonly dir: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly disk?: Run | BrokenRun | undefined;
  readonly recent?: RecentMetrics | undefined;
  readonly training?:
    | {
        readonly name?: string | undefined;
        readonly state: TrainingState;
        readonly progress?: TrainProgress | undefined;
        readonly end?: TrainingEnd | undefined;
      }
    | undefined;
}

const LIVE: ReadonlySet<RunState> = new Set(['queued', 'preparing', 'running', 'stopping']);

export const isLive = ({ state }: Pick<RunSummary, 'state'>): boolean => LIVE.has(state);

/** Whether training can go on from its last checkpoint, or begin where none was made. */
export const isResumable = ({ state, run }: Pick<RunSummary, 'state' | 'run'>): boolean =>
  run !== undefined && (state === 'stopped' || state === 'interrupted' || state === 'failed' || state === 'created');

export function summarize(sources: RunSources): RunSummary {
  const { dir, now, disk, recent = NO_METRICS, training } = sources;
  const lastStep = recent.steps.at(-1);
  const run = disk !== undefined && 'record' in disk ? disk : undefined;
  const record = run?.record;
  const progress = training?.progress;
  const isOver = training?.state === 'ended';
  const stepsPerEpoch = record?.totals.stepsPerEpoch ?? 0;
  // Each of them may be behind the others.
  const step = Math.max(progress?.step ?? 0, record?.totals.steps ?? 0, lastStep?.step ?? 0);
  const loss = progress?.loss ?? lastStep?.loss;
  const state = stateOf(sources);
  const totalSteps = progress?.totalSteps || (record?.totals.totalSteps ?? 0);
  const imagesPerSecond = (isOver ? undefined : progress?.imagesPerSecond) ?? lastStep?.images_per_s;
  const etaSeconds =
    (isOver ? undefined : progress?.etaSeconds) ??
    (state === 'running' && record && imagesPerSecond
      ? ((totalSteps - step) * record.config.batch_size) / imagesPerSecond
      : undefined);
  return {
    dir,
    name: record?.name ?? training?.name ?? basename(dir),
    state,
    step,
    totalSteps,
    epoch: stepsPerEpoch > 0 ? step / stepsPerEpoch : (progress?.epoch ?? 0),
    epochs: progress?.epochs || (record?.config.epochs ?? 0),
    ...(loss !== undefined && { loss }),
    ...(imagesPerSecond !== undefined && { imagesPerSecond }),
    ...(etaSeconds !== undefined && { etaSeconds }),
    ...(state === 'preparing' && progress?.teacher && { teacher: progress.teacher }),
    problems: problemsOf(sources, state),
    ...(run && { run, diagnosis: diagnoseRun({ ...run, status: statusFor(state, run) }, recent, now) }),
  };
}

/** A run that is being started or stopped makes no steps, and is not to be called stalled for it. */
const statusFor = (state: RunState, { status }: Run): RunStatus =>
  state === 'running' ? 'running' : status === 'running' ? 'stopped' : status;

function stateOf({ disk, training }: RunSources): RunState {
  if (training && training.state !== 'ended') return training.state === 'training' ? 'running' : training.state;
  if (training?.end?.kind === 'failed') return 'failed';
  if (disk === undefined) return training?.end?.kind ?? 'created';
  if (!('record' in disk)) return 'broken';
  // The record of a training that has just ended here may have been read before its end.
  return disk.status === 'running' && training?.end ? training.end.kind : disk.status;
}

function problemsOf({ disk, training }: RunSources, state: RunState): readonly string[] {
  if (state === 'failed' && training?.end?.kind === 'failed') return [training.end.message, ...training.end.stderr];
  if (disk === undefined) return [];
  if (!('record' in disk)) return [disk.error];
  return state === 'failed' && disk.record.error !== undefined ? [disk.record.error] : [];
}
