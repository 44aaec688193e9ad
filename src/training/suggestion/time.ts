/** How long a run takes, from what is known of its steps. */
import type { EngineName } from '../../engines/abilities.js';
import { describeMachine, SPEEDS } from '../../engines/fastest.js';
import { recall } from '../../engines/memory.js';
import { storageFolder } from '../../engines/storage.js';
import type { Settings } from '../../settings/settings.js';
import { msBetweenSaves, storySteps } from '../checkpointPlan.js';
import { probeShare } from '../healthProbe.js';
import { sampleDemand, stepDemand } from './demands.js';

/** In seconds. */
export const DAY = 24 * 3600;

/** Seconds of the pieces of a run. */
export interface Pace {
  /** A step, with what the batches take from it. */
  readonly step: number;
  /** The same where the images are decoded already. */
  readonly laterStep: number;
  /** From the start to the first step. */
  readonly start: number;
  /** Saving a checkpoint between two steps. */
  readonly save: number;
  /** From the last step to the end, with the last checkpoint. */
  readonly end: number;
}

export const stepsOf = ({ batch_size, epochs }: Settings, images: number): number =>
  epochs * Math.floor(images / batch_size);

/** Seconds of the whole run. */
export function runSeconds(pace: Pace, settings: Settings, images: number): number {
  const [steps, ofEpoch] = [stepsOf(settings, images), Math.floor(images / settings.batch_size)];
  const stepping = ofEpoch * pace.step + (steps - ofEpoch) * pace.laterStep;
  const probed = stepping * (1 + probeShare(images, settings, steps));
  return pace.start + probed + pace.save * savesOf(settings, steps, probed, pace.save) + pace.end;
}

/** Checkpoints between the first step and the last: the story's, those that were asked for, and those between. */
function savesOf({ checkpoints_mb, saveckp_freq, epochs }: Settings, steps: number, seconds: number, save: number) {
  const story = checkpoints_mb > 0 ? storySteps(steps) : 0;
  const asked = saveckp_freq > 0 ? Math.floor((epochs - 1) / saveckp_freq) : 0;
  return story + asked + Math.floor((1000 * seconds) / msBetweenSaves(1000 * save));
}

/** A step spends nearly all its time in matrix products: it takes as much longer than the sample as it has more of them. */
export async function roughStepSeconds(settings: Settings, engine: EngineName): Promise<number | undefined> {
  const known = recall(storageFolder(), SPEEDS, describeMachine())?.[engine];
  if (known === undefined) return undefined;
  const [whole, sample] = [await stepDemand(settings, engine), await sampleDemand()];
  const calls = settings.gradient_accumulation_steps;
  return (calls * known.milliseconds * whole.multiplications) / sample.multiplications / 1000;
}
