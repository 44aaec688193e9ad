/** What changes from step to step by plan: the original's schedules (main_dino.py, "init schedulers"). */
import { cosineSchedule } from '../method/schedules.js';
import type { StepScalars } from '../method/stepInputs.js';
import type { Settings } from '../settings/settings.js';
import { trainedMethodOf } from './methods/index.js';
import type { MethodPlan } from './methods/trainedMethod.js';

export interface Hyperparameters extends StepScalars, MethodPlan {
  /** The epoch that the step belongs to, from 0. */
  readonly epoch: number;
}

/** `settings.lr` is for this batch size. */
const REFERENCE_BATCH = 256;

/** A function from the number of steps made so far to what the next one takes. It throws a RangeError past the last epoch. */
export function planHyperparameters(
  settings: Settings,
  iterationsPerEpoch: number,
  trained = trainedMethodOf(settings),
): (step: number) => Hyperparameters {
  const { epochs } = settings;
  const cosine = (base: number, final: number, warmupEpochs = 0) =>
    cosineSchedule({ base, final, epochs, iterationsPerEpoch, warmupEpochs });
  const lr = cosine((settings.lr * settings.batch_size) / REFERENCE_BATCH, settings.min_lr, settings.warmup_epochs);
  const weightDecay = cosine(settings.weight_decay, settings.weight_decay_end);
  const { plan, frozenSteps } = trained.schedule(settings, iterationsPerEpoch);
  return (step) => {
    const epoch = Math.floor(step / iterationsPerEpoch);
    return {
      epoch,
      lr: lr(step),
      weightDecay: weightDecay(step),
      ...plan(step, epoch),
      lastLayerFrozen: step < frozenSteps,
      optimizerSteps: updatesAfter(step, frozenSteps),
    };
  };
}

/**
 * How many updates the parameters have had after so many steps.
 * PyTorch counts AdamW's steps for each parameter: the last layer's count starts when it thaws.
 */
export const updatesAfter = (step: number, frozenSteps: number): StepScalars['optimizerSteps'] => ({
  main: step,
  lastLayer: Math.max(0, step - frozenSteps),
});
