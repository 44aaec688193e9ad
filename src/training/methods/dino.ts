/** A training by DINO, with the original's schedules (main_dino.py, "init schedulers"). */
import { viewsNamed } from '../../data/batch.js';
import { dropPathScales } from '../../method/layers/dropPath.js';
import { dino, GLOBALS } from '../../method/methods/dino.js';
import { cosineSchedule, teacherTemperature } from '../../method/schedules.js';
import { SELF_DISTILLATION_METRICS } from '../../metrics/selfDistillation.js';
import { dropPathRate, networkSpec } from '../../settings/specs.js';
import type { TrainedMethod } from './trainedMethod.js';

export const trainedDino: TrainedMethod<(typeof SELF_DISTILLATION_METRICS)[number]> = {
  metrics: SELF_DISTILLATION_METRICS,
  evaluated: 'teacher',
  comparesImages: false,

  method: (settings) =>
    dino({
      network: networkSpec(settings),
      localCropsNumber: settings.local_crops_number,
      localSize: settings.local_size,
      dropPath: dropPathRate(settings) > 0,
      studentTemp: settings.student_temp,
      centerMomentum: settings.center_momentum,
    }),

  schedule: (settings, iterationsPerEpoch) => {
    const { epochs } = settings;
    const momentum = cosineSchedule({ base: settings.momentum_teacher, final: 1, epochs, iterationsPerEpoch });
    const temperature = teacherTemperature({
      warmupTemperature: settings.warmup_teacher_temp,
      temperature: settings.teacher_temp,
      warmupEpochs: settings.warmup_teacher_temp_epochs,
    });
    return {
      frozenSteps: settings.freeze_last_layer * iterationsPerEpoch,
      plan: (step, epoch) => {
        const [teacher_momentum, teacher_temp] = [momentum(step), temperature(epoch)];
        return {
          teacherMomentum: teacher_momentum,
          ofMethod: { teacher_temp },
          metrics: { teacher_momentum, teacher_temp },
        };
      },
    };
  },

  inputs: (settings, step, views) => {
    const { batch_size, local_crops_number, depth, seed } = settings;
    const rate = dropPathRate(settings);
    const samples = (GLOBALS + local_crops_number) * batch_size;
    return {
      globals: viewsNamed(views, 'globals'),
      ...(local_crops_number > 0 && { locals: viewsNamed(views, 'locals') }),
      ...(rate > 0 && { drop_path: dropPathScales(seed, step, { depth, rate, samples }).data }),
    };
  },
};
