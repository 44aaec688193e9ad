/** A run's first steps, made for real in a folder that is thrown away: what they take tells what the run will take. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isImageDataset } from '../../data/dataset.js';
import { UnreadableImageError } from '../../data/image.js';
import type { TrainProgress } from '../../protocol/worker.js';
import type { Settings } from '../../settings/settings.js';
import { median } from '../../statistics/median.js';
import { itemsOf, type Preparation, prepare } from '../prepare.js';
import { type TrainSurroundings, trainPrepared } from '../trainer.js';
import { kept } from './memory.js';
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

/** The first steps tell nothing of the rest: their batches were made beside the compile, and threads find out how to wait. */
const LEAST_STEPS = 20;
/** Of long steps so many tell enough. */
const FEWEST_STEPS = 3;
const SECONDS = { least: 5, most: 30 };

/**
 * Takes some seconds, and where a step is long at least three of them.
 * @throws Error in one sentence, as the training would; the reason of `stop` when it aborts
 */
export async function tryOut(
  request: SuggestRequest,
  { stop, cropWorkerFile, onStep }: Pick<TrainSurroundings, 'stop' | 'cropWorkerFile'> & { onStep?: () => void },
): Promise<Trial> {
  const folder = await mkdtemp(join(tmpdir(), 'dino-trial-'));
  try {
    const run = { ...request, run: join(folder, 'run'), resume: false };
    const started = performance.now();
    const preparation = await prepare(run, stop);
    const prepared = performance.now();
    const decode = await decodeSeconds(preparation);
    const decoded = performance.now();
    const watch = new Watch(stop, onStep);
    const events = { onProgress: (progress: TrainProgress) => watch.heard(progress), onLog: () => undefined };
    const end = await trainPrepared(run, preparation, { events, stop: watch.stop, cropWorkerFile }).finally(() =>
      watch.end(),
    );
    stop.throwIfAborted();
    if (end.reason === 'failed') throw new Error(end.message);
    const { settings, medianSize } = preparation;
    const items = itemsOf(preparation);
    const before = (prepared - started) / 1000;
    const pace = watch.pace(settings, { before, since: decoded, decode: decode * cachedShare(preparation) });
    const data = { images: items, medianSize };
    const read = { images: Math.min(items, watch.steps * settings.batch_size), medianSize };
    return {
      seconds: runSeconds(pace, settings, items),
      memory: watch.memory + kept(settings, data) - kept(settings, read),
      pace,
      stepsMade: watch.steps,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Hears of each step, and ends the trial when it knows enough. */
class Watch {
  readonly #enough = new AbortController();
  /** When each step ended, the first entry when the first began; on the clock of `performance`, with the processor's time. */
  readonly #marks: { readonly at: number; readonly cpu: number }[] = [];
  #savingSince: number | undefined;
  #saveMs = 0;
  /** Most bytes until the step was compiled, and, looked at now and then, since. */
  #mostCompiling: number | undefined;
  #mostSince = 0;
  readonly #looking = setInterval(() => this.#look(), LOOK_EVERY_MS);

  constructor(
    private readonly outer: AbortSignal,
    private readonly onStep: (() => void) | undefined,
  ) {}

  get stop(): AbortSignal {
    return AbortSignal.any([this.outer, this.#enough.signal]);
  }

  get steps(): number {
    return Math.max(0, this.#marks.length - 1);
  }

  /** What was compiled is kept, and the run that follows is spared the compile: where that took more than all else, it does not count. */
  get memory(): number {
    const most = mostEver();
    return most > (this.#mostCompiling ?? 0) ? most : this.#mostSince;
  }

  end(): void {
    this.#look();
    clearInterval(this.#looking);
  }

  #look(): void {
    if (this.#mostCompiling !== undefined) this.#mostSince = Math.max(this.#mostSince, process.memoryUsage.rss());
  }

  heard({ phase, step }: TrainProgress): void {
    const at = performance.now();
    if (phase === 'saving' || phase === 'training') this.#mostCompiling ??= mostEver();
    this.#look();
    if (phase === 'saving') this.#savingSince = at;
    else if (phase === 'ended' && this.#savingSince !== undefined) this.#saveMs = at - this.#savingSince;
    if (phase !== 'training' || step !== this.#marks.length) return;
    this.#marks.push({ at, cpu: cpuMs() });
    if (step > 0) this.onStep?.();
    const [first] = this.#marks;
    const seconds = first === undefined ? 0 : (at - first.at) / 1000;
    const isEnough = this.steps >= LEAST_STEPS && seconds >= SECONDS.least;
    if (isEnough || (this.steps >= FEWEST_STEPS && seconds >= SECONDS.most)) this.#enough.abort();
  }

  /** @param decode seconds for each image that later epochs save */
  pace({ batch_size }: Settings, { before, since, decode }: { before: number; since: number; decode: number }): Pace {
    // The second half: by then no batch is left that was made beside the compile.
    const half = this.#marks.slice(Math.floor(this.steps / 2));
    const [first, last] = [half[0], half.at(-1)];
    const begun = this.#marks[0];
    if (first === undefined || last === undefined || begun === undefined || half.length < 2)
      throw new Error('The run ended before its steps could be timed: it has too few of them.');
    const lengths = half.slice(1).map(({ at }, i) => at - (half[i]?.at ?? at));
    const step = median(lengths) / 1000;
    const cpu = (last.cpu - first.cpu) / 1000 / lengths.length;
    const saved = cpu > 0 ? Math.min(0.9, (batch_size * decode) / cpu) : 0;
    const start = before + (begun.at - since) / 1000;
    return { step, laterStep: step * (1 - saved), start, save: this.#saveMs / 1000 };
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
