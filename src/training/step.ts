/** The training step as a run's settings have it. */
import type { CropBatch } from '../data/batch.js';
import { dropPathScales } from '../method/dropPath.js';
import type { NamedHostTensors, Program } from '../method/program.js';
import { stepInputs, trainingStep } from '../method/step.js';
import { networkSpec, type Settings } from '../runs/settings.js';
import type { Hyperparameters } from './hyperparameters.js';

/** The step of a run with these settings. */
export function stepProgram(settings: Settings): Program {
  return trainingStep({
    network: networkSpec(settings),
    batchSize: settings.batch_size,
    localCropsNumber: settings.local_crops_number,
    localSize: settings.local_size,
    dropPath: settings.drop_path_rate > 0,
    studentTemp: settings.student_temp,
    centerMomentum: settings.center_momentum,
    clipGrad: settings.clip_grad,
  });
}

/** What the step's program takes, for the step after `step` steps. */
export function inputsOf(
  settings: Settings,
  step: number,
  hyperparameters: Hyperparameters,
  { globals, locals }: Pick<CropBatch, 'globals' | 'locals'>,
): NamedHostTensors {
  const { batch_size, in_chans, image_size, local_size, local_crops_number, drop_path_rate, depth, seed } = settings;
  const samples = (2 + local_crops_number) * batch_size;
  return {
    globals: { shape: [2 * batch_size, in_chans, image_size, image_size], dtype: 'float32', data: globals },
    ...(local_crops_number > 0 && {
      locals: {
        shape: [local_crops_number * batch_size, in_chans, local_size, local_size],
        dtype: 'float32' as const,
        data: locals,
      },
    }),
    ...(drop_path_rate > 0 && { drop_path: dropPathScales(seed, step, { depth, rate: drop_path_rate, samples }) }),
    ...stepInputs(hyperparameters),
  };
}
