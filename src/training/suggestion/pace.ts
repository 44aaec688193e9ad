/** What the first steps of a run tell of the others. */
import type { Pace } from './time.js';

/** All in seconds. */
export interface TimedTrial {
  /** From the start to the first step. */
  readonly start: number;
  /** Each step, with the probe before it and without the checkpoint before it. At least one. */
  readonly steps: readonly number[];
  /** What all threads worked meanwhile. */
  readonly processor: readonly number[];
  /** Each checkpoint between two steps. */
  readonly saves: readonly number[];
  /** From the last step to the end. */
  readonly end: number;
}

interface Workload {
  readonly stepsOfEpoch: number;
  /** From one probe to the next. */
  readonly stepsOfProbe: number;
  /** Seconds of the processor for a batch's images to be decoded, which later epochs save. */
  readonly decoding: number;
}

/** So many steps of a later epoch tell more than what decoding takes. */
const LEAST_LATER_STEPS = 10;
/** The most that later epochs can save. */
const MOST_SAVED = 0.9;

/**
 * The later half of the steps stands for those to come: by then no batch is left that was made beside the compile, and the code has been
 * optimized. The steps that were made stand for themselves.
 */
export function paceOf(
  { start, steps, processor, saves, end }: TimedTrial,
  { stepsOfEpoch, stepsOfProbe, decoding }: Workload,
): Pace {
  const made = Math.min(stepsOfEpoch, steps.length);
  const half = Math.floor(made / 2);
  const settled = unprobedMean(steps, half, made, stepsOfProbe);
  const step = (made * unprobedMean(steps, 0, made, stepsOfProbe) + (stepsOfEpoch - made) * settled) / stepsOfEpoch;
  const laterHalf = Math.max(made, Math.floor(steps.length / 2));
  const laterStep =
    steps.length - laterHalf >= LEAST_LATER_STEPS
      ? unprobedMean(steps, laterHalf, steps.length, stepsOfProbe)
      : settled * (1 - savedShare(mean(processor.slice(half, made)), decoding));
  return { step, laterStep, start, save: saves.length > 0 ? mean(saves) : end, end };
}

const savedShare = (processor: number, decoding: number): number =>
  processor > 0 ? Math.min(MOST_SAVED, decoding / processor) : 0;

/** Without the steps that contain a probe, whose time is counted elsewhere; where all do, of all. */
function unprobedMean(steps: readonly number[], from: number, to: number, stepsOfProbe: number): number {
  const all = steps.slice(from, to);
  const unprobed = all.filter((_, i) => from + i === 0 || (from + i) % stepsOfProbe !== 0);
  return mean(unprobed.length > 0 ? unprobed : all);
}

/** A run has slow and fast steps in the shares that a trial meets: their mean makes its time, not their median. */
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
