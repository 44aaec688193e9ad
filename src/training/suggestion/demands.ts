/** What the programs of a run take. Each is traced once: it takes seconds, and a suggestion asks for the same ones again and again. */
import { availableParallelism } from 'node:os';
import type { EngineName } from '../../engines/abilities.js';
import { type PartsOf, partsForCaches } from '../../engines/partPlan.js';
import { SMALL_SAMPLE, sampleProgram } from '../../engines/sampleStep.js';
import { type Demand, programDemand } from '../../engines/stepDemand.js';
import { wantedForm } from '../../engines/tensorflow/form.js';
import { featuresProgram } from '../../method/features.js';
import type { Program } from '../../program/program.js';
import type { Settings } from '../../settings/settings.js';
import { networkSpec } from '../../settings/specs.js';
import { stepProgram } from '../step.js';
import { programOfTeacher } from '../teacherOutputs/givenToTeacher.js';

const known = new Map<string, Promise<Demand>>();

/** @param subject all that the program depends on */
function demandOf(
  subject: readonly unknown[],
  program: () => Program,
  partsOf?: PartsOf,
  cores?: number,
): Promise<Demand> {
  const key = JSON.stringify(subject);
  const found = known.get(key) ?? programDemand(program(), partsOf, cores);
  known.set(key, found);
  return found;
}

/** Whether the engine computes the images of a step in parts on the processor: TensorFlow's XLA does not. */
const dividesSteps = (engine: EngineName): boolean =>
  engine === 'onnx' || (engine === 'tensorflow' && wantedForm() !== 'xla');

/**
 * Of a training step by an engine on the processor. How long the run is changes nothing of it.
 * @param cores of the processor
 */
export function stepDemand(settings: Settings, engine: EngineName, cores = availableParallelism()): Promise<Demand> {
  const { epochs: _, warmup_epochs: __, warmup_teacher_temp_epochs: ___, ...others } = settings;
  const partsOf = dividesSteps(engine) ? partsForCaches : undefined;
  return demandOf(['step', others, partsOf && cores], () => stepProgram(settings), partsOf, cores);
}

/** Of what a teacher's backbone computes before the training. */
export function teacherDemand(settings: Settings): Promise<Demand> {
  const program = programOfTeacher(settings);
  return demandOf(['teacher', program.identity, program.inputs], () => program);
}

/** Of the features of so many whole images. */
export function featuresDemand(settings: Settings, batch: number): Promise<Demand> {
  const { backbone } = networkSpec(settings);
  const size = { batch, height: settings.image_size, width: settings.image_size };
  return demandOf(['features', backbone, size], () => featuresProgram(backbone, size));
}

/** Of the step that engines are timed with. */
export const sampleDemand = (): Promise<Demand> => demandOf(['sample'], () => sampleProgram(SMALL_SAMPLE));
