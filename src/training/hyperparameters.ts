/** What changes from step to step by plan: the original's schedules (main_dino.py, "init schedulers"). */
import { cosineSchedule, teacherTemperature } from '../method/schedules.js';
import type { StepScalars } from '../method/stepInputs.js';
import type { Settings } from '../settings/settings.js';

export interface Hyperparameters extends StepScalars {
  /** The epoch that the step belongs to, from 0. */
  readonly epoch: number;
  readonly ofMethod: { readonly teacher_temp: number };
}

/** `settings.lr` is for this batch size. */
const REFERENCE_BATCH = 256;

/** A function from the number of steps made so far to what the next one takes. It throws a RangeError past the last epoch. */
export function planHyperparameters(settings: Settings, iterationsPerEpoch: number): (step: number) => Hyperparameters {
  const { epochs } = settings;
  const cosine = (base: number, final: number, warmupEpochs = 0) =>
    cosineSchedule({ base, final, epochs, iterationsPerEpoch, warmupEpochs });
  const lr = cosine((settings.lr * settings.batch_size) / REFERENCE_BATCH, settings.min_lr, settings.warmup_epochs);
  const weightDecay = cosine(settings.weight_decay, settings.weight_decay_end);
  const teacherMomentum = cosine(settings.momentum_teacher, 1);
  const temperature = teacherTemperature({
    warmupTemperature: settings.warmup_teacher_temp,
    temperature: settings.teacher_temp,
    warmupEpochs: settings.warmup_teacher_temp_epochs,
  });
  const frozenSteps = settings.freeze_last_layer * iterationsPerEpoch;
  return (step) => {
    const epoch = Math.floor(step / iterationsPerEpoch);
    return {
      epoch,
      lr: lr(step),
      weightDecay: weightDecay(step),
      teacherMomentum: teacherMomentum(step),
      ofMethod: { teacher_temp: temperature(epoch) },
      lastLayerFrozen: step < frozenSteps,
      // PyTorch counts AdamW's steps for each parameter: the last layer's count starts when it thaws.
      optimizerSteps: { main: step, lastLayer: Math.max(0, step - frozenSteps) },
    };
  };
}
