/** A run's first steps, made for real in a folder that is thrown away: what they take tells what the run will take. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isImageDataset } from '../../data/dataset.js';
import { UnreadableImageError } from '../../data/image.js';
import type { TrainPhase, TrainProgress } from '../../protocol/worker.js';
import { isPrecomputed } from '../../settings/parts/distillation.js';
import { median } from '../../statistics/median.js';
import { probeInterval } from '../healthProbe.js';
import { itemsOf, type Preparation, prepare } from '../prepare.js';
import { sampleSize } from '../probeSample.js';
import { type TrainSurroundings, trainPrepared } from '../trainer.js';
import { kept } from './memory.js';
import { paceOf, type TimedTrial } from './pace.js';
import type { SuggestRequest } from './suggest.js';
import { type Pace, runSeconds, stepsOf } from './time.js';

export interface Trial {
  /** Of the whole run, in seconds. */
  readonly seconds: number;
  /** Of the whole run at its peak, in bytes: this process must do nothing else. */
  readonly memory: number;
  readonly pace: Pace;
  /** Steps that were made for it. */
  readonly stepsMade: number;
}

/** Of fewer, most have batches that were made beside the compile. */
const LEAST_STEPS = 20;
/** Of steps: of long ones the first that ends later is the last. */
const SECONDS = { least: 8, most: 30 };
/** From the beginning: what is under way by then is the last. */
export const MOST_SECONDS = 120;

/** Why a run with `distill_outputs` is not tried out: a trial leaves nothing on disk, and a teacher in each step is another run. */
export const NO_TRIAL_OF_OUTPUTS =
  'A run with distill_outputs is not measured, since its teacher is computed before the first step: time and memory are estimates, and the time is without the teacher.';

/** What a trial is doing. */
export interface TrialProgress {
  readonly phase: TrainPhase;
  readonly engine?: string | undefined;
  readonly stepsMade: number;
}

interface TrialSurroundings extends Pick<TrainSurroundings, 'stop' | 'cropWorkerFile'> {
  readonly onProgress?: (progress: TrialProgress) => void;
  readonly mostSeconds?: number;
}

/**
 * Takes some seconds, and where a step is long one or a few of them. After two minutes it ends with what is then under way.
 * @returns undefined when no step had been made by then
 * @throws Error in one sentence, as the training would; the reason of `stop` when it aborts
 */
export async function tryOut(
  request: SuggestRequest,
  { stop, cropWorkerFile, onProgress, mostSeconds = MOST_SECONDS }: TrialSurroundings,
): Promise<Trial | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'dino-trial-'));
  const watch = new Watch(stop, mostSeconds);
  try {
    const run = { ...request, run: join(folder, 'run'), resume: false };
    const started = performance.now();
    const preparation = await prepare(run, stop);
    if (isPrecomputed(preparation.settings)) throw new Error(NO_TRIAL_OF_OUTPUTS);
    const prepared = performance.now();
    const decode = await decodeSeconds(preparation);
    const decoded = performance.now();
    const heard = (progress: TrainProgress) => {
      watch.heard(progress);
      const { phase, engine } = progress;
      onProgress?.({ phase, engine, stepsMade: watch.steps });
    };
    const events = { onProgress: heard, onLog: () => undefined };
    const end = await trainPrepared(run, preparation, { events, stop: watch.stop, cropWorkerFile });
    watch.end();
    stop.throwIfAborted();
    if (end.reason === 'failed') throw new Error(end.message);
    if (watch.steps === 0 && watch.stop.aborted) return undefined;
    const { settings, medianSize } = preparation;
    const items = itemsOf(preparation);
    const before = (prepared - started) / 1000;
    const pace = paceOf(watch.timed({ before, since: decoded }), {
      stepsOfEpoch: Math.floor(items / settings.batch_size),
      stepsOfProbe: probeInterval(sampleSize(items, settings), settings),
      decoding: settings.batch_size * decode * cachedShare(preparation),
    });
    const data = { images: items, medianSize };
    const read = { images: Math.min(items, watch.steps * settings.batch_size), medianSize };
    return {
      seconds: runSeconds(pace, settings, items),
      memory: watch.memory + kept(settings, data) - kept(settings, read),
      pace,
      stepsMade: watch.steps,
    };
  } finally {
    watch.end();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Hears of each step, and ends the trial when it knows enough. */
class Watch {
  readonly #enough = new AbortController();
  /** When the first step began, on the clock of `performance`. */
  #begun: number | undefined;
  /** When the last step ended, or the first began, with the processor's time. */
  #before: { readonly at: number; readonly cpu: number } | undefined;
  /** What each step took, in milliseconds: without the checkpoint that was saved before it; and what all threads worked. */
  readonly #steps: { readonly ms: number; readonly cpu: number }[] = [];
  #savingSince: number | undefined;
  /** Saving, in milliseconds, since the last step ended. */
  #pausedMs = 0;
  /** What saving took between steps, in milliseconds. */
  readonly #saves: number[] = [];
  /** From the last step to the end. */
  #endMs = 0;
  /** Most bytes until the step was compiled, and, looked at now and then, since. */
  #mostCompiling: number | undefined;
  #mostSince = 0;
  readonly #looking = setInterval(() => this.#look(), LOOK_EVERY_MS);
  readonly #limit: NodeJS.Timeout;
  readonly stop: AbortSignal;

  constructor(outer: AbortSignal, mostSeconds: number) {
    this.stop = AbortSignal.any([outer, this.#enough.signal]);
    this.#limit = setTimeout(() => this.#enough.abort(), 1000 * mostSeconds);
  }

  get steps(): number {
    return this.#steps.length;
  }

  /** What was compiled is kept, and the run that follows is spared the compile: where that took more than all else, it does not count. */
  get memory(): number {
    const most = mostEver();
    return most > (this.#mostCompiling ?? 0) ? most : this.#mostSince;
  }

  end(): void {
    this.#look();
    clearInterval(this.#looking);
    clearTimeout(this.#limit);
  }

  #look(): void {
    if (this.#mostCompiling !== undefined) this.#mostSince = Math.max(this.#mostSince, process.memoryUsage.rss());
  }

  heard({ phase, step }: TrainProgress): void {
    const at = performance.now();
    if (phase === 'saving' || phase === 'training') this.#mostCompiling ??= mostEver();
    this.#look();
    if (phase === 'saving') this.#savingSince = at;
    else this.#saved(at, phase);
    // After a checkpoint the step is told once more.
    const isNew = this.#before === undefined || step > this.steps;
    if (phase !== 'training' || !isNew) return;
    const [before, cpu] = [this.#before, cpuMs()];
    if (before !== undefined) {
      this.#steps.push({ ms: at - before.at - this.#pausedMs, cpu: cpu - before.cpu });
    }
    this.#before = { at, cpu };
    this.#begun ??= at;
    this.#pausedMs = 0;
    const seconds = (at - this.#begun) / 1000;
    const isEnough = this.steps >= LEAST_STEPS && seconds >= SECONDS.least;
    if (isEnough || seconds >= SECONDS.most) this.#enough.abort();
  }

  #saved(at: number, phase: TrainPhase): void {
    if (this.#savingSince === undefined) return;
    const took = at - this.#savingSince;
    this.#savingSince = undefined;
    if (phase === 'ended') this.#endMs = took;
    // The first one is a part of the start.
    else if (this.#before !== undefined) {
      this.#pausedMs += took;
      this.#saves.push(took);
    }
  }

  /** @param before seconds before `since`, from where the run counts on the clock of `performance` @throws Error when no step was made */
  timed({ before, since }: { readonly before: number; readonly since: number }): TimedTrial {
    if (this.#begun === undefined || this.steps === 0)
      throw new Error('The run ended before its steps could be timed: it has too few of them.');
    return {
      start: before + (this.#begun - since) / 1000,
      steps: this.#steps.map(({ ms }) => ms / 1000),
      processor: this.#steps.map(({ cpu }) => cpu / 1000),
      saves: this.#saves.map((save) => save / 1000),
      end: this.#endMs / 1000,
    };
  }
}

const LOOK_EVERY_MS = 50;

/** Bytes that this process has had at its peak. */
const mostEver = (): number => 1024 * process.resourceUsage().maxRSS;

/** That all threads of this process have worked. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const DECODED = 8;

/** Of an image, in seconds of the processor, as the steps' time is compared with it. */
async function decodeSeconds({ dataset, settings }: Preparation): Promise<number> {
  if (!isImageDataset(dataset)) return 0;
  const times: number[] = [];
  for (let i = 0; i < Math.min(DECODED, dataset.size); i++) {
    const began = cpuMs();
    try {
      await dataset.read(Math.floor(((i + 0.5) * dataset.size) / DECODED) % dataset.size, settings.in_chans);
      times.push((cpuMs() - began) / 1000);
    } catch (error) {
      if (!(error instanceof UnreadableImageError)) throw error;
    }
  }
  return times.length === 0 ? 0 : median(times);
}

/** Of the images there is room for in the cache. */
function cachedShare(preparation: Preparation): number {
  const { settings, medianSize } = preparation;
  const data = { images: itemsOf(preparation), medianSize };
  const all = kept({ ...settings, cache_mb: Number.MAX_SAFE_INTEGER }, data);
  const epochs = stepsOf(settings, data.images) > 0 ? settings.epochs : 0;
  return all === 0 || epochs < 2 ? 0 : kept(settings, data) / all;
}
