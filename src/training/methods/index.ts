/** The methods that runs are trained by. */
import { hasBatchNorm } from '../../method/method.js';
import type { MethodName } from '../../method/methods/names.js';
import type { METHOD_METRICS } from '../../metrics/catalogue.js';
import { isDistilled, isPrecomputed } from '../../settings/parts/distillation.js';
import type { Settings } from '../../settings/settings.js';
import { trainedDino } from './dino.js';
import { trainedDinov2 } from './dinov2.js';
import { trainedDistillation, trainedFromOutputs } from './distillation.js';
import { trainedFinetune } from './finetune.js';
import type { TrainedMethod } from './trainedMethod.js';

/** By name: each has its metrics in the catalogue. */
const METHODS: { readonly [Name in MethodName]: TrainedMethod<(typeof METHOD_METRICS)[Name][number]> } = {
  dino: trainedDino,
  finetune: trainedFinetune,
  dinov2: trainedDinov2,
};

/** The method that a run's settings name. */
export function trainedMethodOf(
  settings: Pick<Settings, 'method' | 'distill_from' | 'distill_outputs'>,
): TrainedMethod {
  if (isPrecomputed(settings)) return trainedFromOutputs;
  return isDistilled(settings) ? trainedDistillation : METHODS[settings.method];
}

/** Whether a batch that is computed in parts (`gradient_accumulation_steps`) trains another network than one that is computed at once. */
export function partsChangeResult(settings: Settings): boolean {
  const trained = trainedMethodOf(settings);
  return trained.comparesImages || hasBatchNorm(trained.method(settings));
}
