/** What changes from step to step by plan: the original's schedules (main_dino.py, "init schedulers"). */
import { cosineSchedule, teacherTemperatures } from '../method/schedule.js';
import type { StepScalars } from '../method/step.js';
import type { Settings } from '../runs/settings.js';

export interface Hyperparameters extends StepScalars {
  /** The epoch that the step belongs to, from 0. */
  readonly epoch: number;
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
  const temperatures = teacherTemperatures({
    warmupTemperature: settings.warmup_teacher_temp,
    temperature: settings.teacher_temp,
    warmupEpochs: settings.warmup_teacher_temp_epochs,
    epochs,
  });
  const frozenSteps = settings.freeze_last_layer * iterationsPerEpoch;
  return (step) => {
    const epoch = Math.floor(step / iterationsPerEpoch);
    return {
      epoch,
      lr: valueAt(lr, step),
      weightDecay: valueAt(weightDecay, step),
      teacherMomentum: valueAt(teacherMomentum, step),
      teacherTemp: valueAt(temperatures, epoch),
      lastLayerFrozen: step < frozenSteps,
      // PyTorch counts AdamW's steps for each parameter: the last layer's count starts when it thaws.
      optimizerSteps: { main: step, lastLayer: Math.max(0, step - frozenSteps) },
    };
  };
}

function valueAt(schedule: Float64Array, index: number): number {
  const value = schedule[index];
  if (value === undefined) throw new RangeError(`step ${index} lies outside the schedule of ${schedule.length} values`);
  return value;
}
