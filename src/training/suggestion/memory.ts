/** How much memory a run takes at its peak, told before it starts, and what to change when there is not so much. */
import { batchLengths } from '../../data/batchMaker.js';
import { images } from '../../data/modalities/images.js';
import type { EngineName } from '../../engines/abilities.js';
import type { HostMemory } from '../../engines/hostMemory.js';
import type { Demand } from '../../engines/stepDemand.js';
import type { ImageSize } from '../../settings/presets.js';
import { resolveSettings } from '../../settings/resolve.js';
import type { Settings } from '../../settings/settings.js';
import { LEAST_PROBED, PROBE_BATCH } from '../healthProbe.js';
import { partsChangeResult } from '../methods/index.js';
import { sampleSize } from '../probeSample.js';
import { ofTeacher } from '../teacherOutputs/givenToTeacher.js';
import { featuresDemand, stepDemand, teacherDemand } from './demands.js';

const MB = 2 ** 20;

/** How an engine's process grows with what its programs take; fitted to the peaks of real runs (BENCHMARKS.md, "Suggestions"). */
interface Growth {
  /** Program, libraries, threads, and the heap of JavaScript, which grows in the first hundreds of steps. */
  readonly least: number;
  /** Copies of the state: as it is, what changes it, and for a checkpoint. */
  readonly state: number;
  readonly passing: number;
  /** The same of a step that recomputes activations: the runtime's order of its nodes keeps more of them than the traced order would. */
  readonly recomputing: number;
  /** Of the largest value of each program: an allocator that keeps what it has has no whole piece left for it. */
  readonly largest: number;
  /** Whether what a program has let go of is there for another one; else each has its own. */
  readonly isShared: boolean;
}

const GROWTH: Readonly<Record<EngineName, Growth>> = {
  onnx: { least: 335 * MB, state: 2.6, passing: 1.17, recomputing: 2.2, largest: 1, isShared: false },
  tensorflow: { least: 620 * MB, state: 4, passing: 1.2, recomputing: 1.3, largest: 0, isShared: true },
  // Each value stays in JavaScript's heap until the gradient is done with it.
  eager: { least: 235 * MB, state: 4, passing: 2, recomputing: 2, largest: 0, isShared: true },
};

/** What of a data set counts. */
export interface DataSize {
  readonly images: number;
  readonly medianSize?: ImageSize | undefined;
  /** Whether a teacher has to compute outputs before the first step. */
  readonly isTeacherFirst?: boolean;
}

/**
 * Bytes at the peak of a run on a processor. It is a good guess; a trial measures it.
 * @param cores of the processor; absent: of this one
 */
export async function estimatedMemory(
  settings: Settings,
  data: DataSize,
  engine: EngineName,
  cores?: number,
): Promise<number> {
  const training = await trainingMemory(settings, data, engine, cores);
  return data.isTeacherFirst === true ? Math.max(training, await teacherMemory(settings, data, engine)) : training;
}

async function trainingMemory(
  settings: Settings,
  data: DataSize,
  engine: EngineName,
  cores: number | undefined,
): Promise<number> {
  const step = await stepDemand(settings, engine, cores);
  const { sample, ...probed } = await probeDemand(settings, data.images);
  const { least, state, isShared } = GROWTH[engine];
  const [ofStep, ofProbe] = [taken(step, engine, settings.activation_checkpointing), taken(probed, engine)];
  const programs = isShared ? Math.max(ofStep, ofProbe) : ofStep + ofProbe;
  return least + state * step.state + programs + sample + batchesAhead(settings) + kept(settings, data);
}

/** Of a teacher that computes outputs, and is gone before the step is compiled. */
async function teacherMemory(settings: Settings, data: DataSize, engine: EngineName): Promise<number> {
  const demand = await teacherDemand(settings);
  const programs = FROZEN_COPIES * demand.state + taken(demand, engine);
  return GROWTH[engine].least + programs + batchesAhead(ofTeacher(settings)) + kept(settings, data);
}

/** Copies of weights that stay as they are: as read, and as the engine has them. Fits the peak that was measured with onnx (BENCHMARKS.md, "Distillation"). */
const FROZEN_COPIES = 2.4;

function taken(demand: Pick<Demand, 'passing' | 'largest'>, engine: EngineName, isRecomputing = false): number {
  const { passing, recomputing, largest } = GROWTH[engine];
  return (isRecomputing ? recomputing : passing) * demand.passing + largest * demand.largest;
}

interface ProbeDemand extends Pick<Demand, 'passing' | 'largest'> {
  /** Bytes. */
  readonly sample: number;
}

/** Of the network that is probed, and the pixels that it is probed with. */
async function probeDemand(settings: Settings, images: number): Promise<ProbeDemand> {
  const { image_size, in_chans } = settings;
  const count = sampleSize(images, settings);
  if (count < LEAST_PROBED) return { passing: 0, largest: 0, sample: 0 };
  const batch = Math.min(PROBE_BATCH, count);
  const demand = await featuresDemand(settings, batch);
  const pixels = image_size ** 2 * in_chans;
  // Each image and a crop of it, and a batch of them as numbers.
  return { ...demand, sample: 2 * count * pixels + batch * pixels * Float32Array.BYTES_PER_ELEMENT };
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

/** A change that makes a run smaller, with the same result. */
export interface Fitting {
  /** What differs from the settings before. */
  readonly set: Readonly<Partial<Settings>>;
  /** With that change, in bytes. */
  readonly memory: number;
  readonly fits: boolean;
}

/**
 * The least change, with the same result, by which a run takes no more memory than that: a batch in parts, unless they change the
 * result, then activation checkpointing.
 * @param mostBytes that the run may take
 * @returns the greatest change when none is enough
 */
export async function fitting(
  settings: Settings,
  data: DataSize,
  engine: EngineName,
  mostBytes: number,
): Promise<Fitting> {
  const changedBy = async (parts: number, activation_checkpointing: boolean): Promise<Fitting> => {
    const wanted = { gradient_accumulation_steps: parts, activation_checkpointing };
    const { settings: changed } = resolveSettings({ run: settings, set: wanted });
    const memory = await estimatedMemory(changed, data, engine);
    return { set: differing(settings, wanted), memory, fits: memory <= mostBytes };
  };
  const allParts = partsToTry(settings);
  const least = await changedBy(allParts.at(-1) ?? settings.gradient_accumulation_steps, true);
  if (!least.fits) return least;
  for (const checkpointing of new Set([settings.activation_checkpointing, true]))
    for (const parts of allParts) {
      const change = await changedBy(parts, checkpointing);
      if (change.fits) return change;
    }
  return least;
}

/** Ever more parts, as they are set first, with the same result; the last are of one image for each GPU. */
function partsToTry(settings: Settings): number[] {
  const { batch_size, gradient_accumulation_steps: first, gpus } = settings;
  if (partsChangeResult(settings)) return [first];
  const most = batch_size / gpus;
  const parts: number[] = [];
  for (let some = first; some < most && most % some === 0; some *= 2) parts.push(some);
  return [...parts, most];
}

/** Those of the values that change something. */
export const differing = (settings: Settings, wanted: Readonly<Partial<Settings>>): Partial<Settings> =>
  Object.fromEntries(Object.entries(wanted).filter(([key, value]) => value !== settings[key as keyof Settings]));

/** The share of the free memory that a run may plan with: other programs live, too. */
const PLANNED = 0.9;
/** So far may the estimate be off. */
const UNCERTAIN = 1.25;

export const plannedMemory = (free: number): number => PLANNED * free;

/** Whether a run would certainly not fit, however far off the estimate is: it is refused then. */
export const isHopeless = (memory: number, { total, free, swap }: HostMemory): boolean =>
  memory / UNCERTAIN > (swap === undefined ? total : free + swap);

/** Why it does not fit: `this machine has 8.0 GB`, `only 0.30 GB are free`. */
export function lackOf(memory: number, { total, free, swap = 0 }: HostMemory): string {
  if (memory / UNCERTAIN > total + swap) return `this machine has ${gigabytes(total)}`;
  return `only ${gigabytes(free)} are free${swap > 0 ? `, and ${gigabytes(swap)} of swap` : ''}`;
}

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
