/** What changes from step to step by plan: the original's schedules (main_dino.py, "init schedulers"). */
import { cosineSchedule } from '../method/schedules.js';
import type { StepScalars } from '../method/stepInputs.js';
import type { Settings } from '../settings/settings.js';
import { peakRate } from '../settings/specs.js';
import { trainedMethodOf } from './methods/index.js';
import type { MethodPlan, MethodSchedule } from './methods/trainedMethod.js';

export interface Hyperparameters extends StepScalars, MethodPlan {
  /** The epoch that the step belongs to, from 0. */
  readonly epoch: number;
}

/** A function from the number of steps made so far to what the next one takes. It throws a RangeError past the last epoch. */
export function planHyperparameters(
  settings: Settings,
  iterationsPerEpoch: number,
  trained = trainedMethodOf(settings),
): (step: number) => Hyperparameters {
  const { epochs } = settings;
  const cosine = (base: number, final: number, warmupEpochs = 0) =>
    cosineSchedule({ base, final, epochs, iterationsPerEpoch, warmupEpochs });
  const lr = cosine(peakRate(settings), settings.min_lr, settings.warmup_epochs);
  const weightDecay = cosine(settings.weight_decay, settings.weight_decay_end);
  const schedule = trained.schedule(settings, iterationsPerEpoch);
  const { plan, frozenSteps, frozenBy } = schedule;
  return (step) => {
    const epoch = Math.floor(step / iterationsPerEpoch);
    return {
      epoch,
      lr: lr(step),
      weightDecay: weightDecay(step),
      ...plan(step, epoch),
      lastLayerFrozen: step < frozenSteps,
      ...(frozenBy && { frozenBy }),
      optimizerSteps: updatesAfter(step, schedule),
    };
  };
}

/**
 * How many updates the parameters have had after so many steps.
 * PyTorch counts AdamW's steps for each parameter: the last layer's count starts when it thaws, unless it got updates before, at a
 * learning rate of 0.
 */
export const updatesAfter = (
  step: number,
  { frozenSteps, frozenBy }: Pick<MethodSchedule, 'frozenSteps' | 'frozenBy'>,
): StepScalars['optimizerSteps'] => ({
  main: step,
  lastLayer: frozenBy === 'rate' ? step : Math.max(0, step - frozenSteps),
});
