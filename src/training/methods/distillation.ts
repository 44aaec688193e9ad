/** A training by DINOv2 with a frozen teacher. */
import { distillation } from '../../method/methods/distillation.js';
import type { DINOV2_METRICS } from '../../metrics/dinov2.js';
import { teacherSpec } from '../../settings/specs.js';
import { dinov2Spec, trainedDinov2 } from './dinov2.js';
import type { TrainedMethod } from './trainedMethod.js';

/** The schedule of the momentum is that of the student's average. */
export const trainedDistillation: TrainedMethod<(typeof DINOV2_METRICS)[number]> = {
  ...trainedDinov2,
  evaluated: 'ema',
  method: (settings) => distillation({ ...dinov2Spec(settings), teacher: teacherSpec(settings) }),
};
