/** How much memory a run takes at its peak, told before it starts, and what to change when there is not so much. */
import { batchLengths } from '../../data/batchMaker.js';
import { images } from '../../data/modalities/images.js';
import type { EngineName } from '../../engines/abilities.js';
import { programDemand } from '../../engines/stepDemand.js';
import type { ImageSize } from '../../settings/presets.js';
import { resolveSettings } from '../../settings/resolve.js';
import type { Settings } from '../../settings/settings.js';
import { stepProgram } from '../step.js';

const MB = 2 ** 20;

/** How an engine's process grows with what a step takes; fitted to measured runs (BENCHMARKS.md, "Suggestions"). */
interface Growth {
  /** Program, libraries, threads. */
  readonly least: number;
  /** Copies of the state: before and after a step, for a checkpoint, and those of the network that is probed. */
  readonly state: number;
  readonly passing: number;
}

const GROWTH: Readonly<Record<EngineName, Growth>> = {
  onnx: { least: 260 * MB, state: 3.3, passing: 1.15 },
  tensorflow: { least: 560 * MB, state: 3.3, passing: 1.15 },
  // tfjs on the processor keeps each value in JavaScript's heap until the gradient is done with it.
  eager: { least: 260 * MB, state: 4, passing: 2 },
};

/** What of a data set counts. */
export interface DataSize {
  readonly images: number;
  readonly medianSize?: ImageSize | undefined;
}

/** Bytes at the peak of a run on a processor. It is a good guess; a trial measures it. */
export async function estimatedMemory(settings: Settings, data: DataSize, engine: EngineName): Promise<number> {
  const { state, passing } = await programDemand(stepProgram(settings));
  const growth = GROWTH[engine];
  return growth.least + growth.state * state + growth.passing * passing + batchesAhead(settings) + kept(settings, data);
}

/** Batches that wait for their step, one more than there are threads. */
function batchesAhead(settings: Settings): number {
  const numbers = Object.values(batchLengths(images.views(settings), settings.batch_size));
  const batch = numbers.reduce((sum, length) => sum + length, 0) * Float32Array.BYTES_PER_ELEMENT;
  return Math.max(batch, Math.min(512 * MB, (settings.num_workers + 1) * batch));
}

/** Decoded images that are kept for the next epoch. */
export function kept({ cache_mb, in_chans }: Settings, { images, medianSize }: DataSize): number {
  if (medianSize === undefined) return 0;
  return Math.min(cache_mb * MB, images * medianSize.width * medianSize.height * in_chans);
}

/** A change that makes a run fit. */
export interface Fitting {
  readonly set: Readonly<Partial<Settings>>;
  readonly memory: number;
}

/**
 * The least change, with the same result, by which a run takes no more memory than that: a batch in parts, then activation checkpointing.
 * @returns undefined when none is enough
 */
export async function fitting(
  settings: Settings,
  data: DataSize,
  engine: EngineName,
  most: number,
): Promise<Fitting | undefined> {
  for (const activation_checkpointing of [false, true])
    for (let parts = settings.gradient_accumulation_steps; parts <= settings.batch_size; parts *= 2) {
      if (settings.batch_size % parts !== 0) break;
      const set = { gradient_accumulation_steps: parts, ...(activation_checkpointing && { activation_checkpointing }) };
      const { settings: changed } = resolveSettings({ run: settings, set });
      const memory = await estimatedMemory(changed, data, engine);
      if (memory <= most) return { set, memory };
    }
  return undefined;
}

/** The share of the free memory that a run may plan with: other programs live, too. */
const PLANNED = 0.9;
/** So far may the estimate be off. */
const UNCERTAIN = 1.25;

export const plannedMemory = (free: number): number => PLANNED * free;

/** Whether a run would certainly not fit, however far off the estimate is. */
export const isHopeless = (memory: number, total: number): boolean => memory / UNCERTAIN > total;

export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 9.95e8 ? 2 : 1)} GB`;

/** `--set a=1 --set b=true` */
export const asFlags = (set: Readonly<Record<string, unknown>>): string =>
  Object.entries(set)
    .map(([key, value]) => `--set ${key}=${JSON.stringify(value)}`)
    .join(' ');

/** `a 1, b true` */
export const asWords = (set: Readonly<Record<string, unknown>>): string =>
  Object.entries(set)
    .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
    .join(', ');
