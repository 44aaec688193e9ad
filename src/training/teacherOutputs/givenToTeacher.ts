/** What a teacher is given in a step, and what its backbone gives, where that is computed before the training. */
import type { Views } from '../../data/batch.js';
import { featureSpecs, teacherProgram } from '../../method/methods/precomputedTeacher.js';
import type { NamedSpecs, Program, TensorSpec } from '../../program/program.js';
import type { StepValues } from '../../runs/teacherOutputs/outputsFolder.js';
import type { Settings } from '../../settings/settings.js';
import { distillationSpec, trainedDistillation } from '../methods/distillation.js';

/** A teacher sees no local crops, and skips no blocks; masks choose patches for the iBOT loss alone. */
export const ofTeacher = (settings: Settings): Settings => ({
  ...settings,
  local_crops_number: 0,
  drop_path_rate: 0,
  ...(settings.ibot_loss_weight === 0 && { mask_sample_probability: 0 }),
});

/** Of a whole batch: global crops and their masks. */
export const givenToTeacher = (settings: Settings, step: number, views: Views): StepValues =>
  trainedDistillation.inputs(ofTeacher(settings), step, views);

/** Of as many images as a call of the step has. */
export const programOfTeacher = (settings: Settings): Program =>
  teacherProgram(distillationSpec(settings), settings.batch_size / settings.gradient_accumulation_steps);

/** Of a whole batch. */
export function outputSpecs(settings: Settings): NamedSpecs {
  const { batch_size, gradient_accumulation_steps: calls } = settings;
  const ofCall = featureSpecs(distillationSpec(settings), batch_size / calls);
  const ofBatch = ({ shape: [rows = 0, ...rest], dtype }: TensorSpec) => ({ shape: [calls * rows, ...rest], dtype });
  return Object.fromEntries(Object.entries(ofCall).map(([name, spec]) => [name, ofBatch(spec)]));
}
