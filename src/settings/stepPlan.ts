/**
 * A run's plan in steps, as the whole epochs that the settings count in. What a network learns and how soon its training
 * is stable is a matter of steps; an epoch of a hundred images is a few steps, one of a million tens of thousands.
 */
import type { SettingsInput } from './settings.js';

export interface StepPlan {
  /** Length of the run: so many steps at least, and so many epochs at least. */
  readonly steps: number;
  readonly leastEpochs: number;
  /** Linear warm-up of the learning rate. */
  readonly warmupSteps: number;
  /** How long the prototypes are kept fixed. */
  readonly frozenSteps: number;
}

/** The warm-up takes this share of a run at most: the rest is what learns. */
const MOST_WARMUP = 1 / 3;
/** Where an epoch is so many times as long as the prototypes are to be fixed, they never are. */
const LONG_EPOCH = 3;
/** Checkpoints that a run keeps, about, besides the first. */
const KEPT_CHECKPOINTS = 10;

/**
 * The settings that stand for the plan.
 * @param stepsPerEpoch at least 1
 * @param givenEpochs length of the run where somebody chose it; the rest is fitted into it
 */
export function planInEpochs(plan: StepPlan, stepsPerEpoch: number, givenEpochs?: number) {
  const epochsOf = (steps: number): number => Math.ceil(steps / stepsPerEpoch);
  const epochs = givenEpochs ?? Math.max(plan.leastEpochs, epochsOf(plan.steps));
  const warmup = Math.min(epochsOf(plan.warmupSteps), Math.ceil(epochs * MOST_WARMUP));
  return {
    epochs,
    warmup_epochs: warmup,
    freeze_last_layer: stepsPerEpoch > LONG_EPOCH * plan.frozenSteps ? 0 : Math.min(epochsOf(plan.frozenSteps), warmup),
    saveckp_freq: Math.max(1, Math.round(epochs / KEPT_CHECKPOINTS)),
  } satisfies SettingsInput;
}
