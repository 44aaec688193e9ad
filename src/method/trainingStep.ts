/** The training step that settings ask for. */
import type { Program } from '../program/program.js';
import { type DinoSpec, dino } from './methods/dino.js';
import { type OptimizerName, optimizerOf } from './optimizers/index.js';
import { type StepPlan, stepProgram } from './step.js';

export interface StepSpec extends DinoSpec, StepPlan {
  readonly optimizer: OptimizerName;
}

/** See {@link stepProgram}. */
export function trainingStep(spec: StepSpec): Program {
  const { network, localCropsNumber, localSize, dropPath, studentTemp, centerMomentum, optimizer, ...plan } = spec;
  const method = dino({ network, localCropsNumber, localSize, dropPath, studentTemp, centerMomentum });
  return stepProgram(method, optimizerOf(optimizer), plan);
}
