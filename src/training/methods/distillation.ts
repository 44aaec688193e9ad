/** A training by DINOv2 with a frozen teacher. */
import { viewsNamed } from '../../data/batch.js';
import { type DistillationSpec, distillation } from '../../method/methods/distillation.js';
import { distillationFromFeatures, featureSpecs } from '../../method/methods/precomputedTeacher.js';
import type { DINOV2_METRICS } from '../../metrics/dinov2.js';
import type { Settings } from '../../settings/settings.js';
import { teacherSpec } from '../../settings/specs.js';
import { dinov2Spec, trainedDinov2 } from './dinov2.js';
import type { TrainedMethod } from './trainedMethod.js';

export const distillationSpec = (settings: Settings): DistillationSpec => ({
  ...dinov2Spec(settings),
  teacher: teacherSpec(settings),
});

/** The schedule of the momentum is that of the student's average. */
export const trainedDistillation: TrainedMethod<(typeof DINOV2_METRICS)[number]> = {
  ...trainedDinov2,
  evaluated: 'ema',
  method: (settings) => distillation(distillationSpec(settings)),
};

/** The same with the outputs of the teacher's backbone beside the views, by the names of {@link featureSpecs}. */
export const trainedFromOutputs: typeof trainedDistillation = {
  ...trainedDistillation,
  method: (settings) => distillationFromFeatures(distillationSpec(settings)),
  inputs: (settings, step, views) => {
    const names = Object.keys(featureSpecs(distillationSpec(settings), settings.batch_size));
    const outputs = names.map((name) => [name, viewsNamed(views, name)]);
    return { ...trainedDistillation.inputs(settings, step, views), ...Object.fromEntries(outputs) };
  },
};
