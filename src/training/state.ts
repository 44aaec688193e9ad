/** The state of a training step, by the names that src/method/step.ts gives it. */
import { type HostTensor, type NamedHostTensors, type NamedSpecs, sizeOf } from '../program/program.js';
import type { TrainingState } from '../runs/checkpoint.js';

const STUDENT = 'student.';
const TEACHER = 'teacher.';

/**
 * The state before the first step: student and teacher alike, moments and center 0.
 * `weights` are a network's parameters without prefix; both take them as they are, without a copy.
 */
export function initialState(specs: NamedSpecs, weights: NamedHostTensors): NamedHostTensors {
  const state: Record<string, HostTensor> = {};
  for (const [name, { shape, dtype }] of Object.entries(specs)) {
    const parameter = [STUDENT, TEACHER].find((prefix) => name.startsWith(prefix));
    const weight = parameter === undefined ? undefined : weights[name.slice(parameter.length)];
    if (parameter !== undefined && weight === undefined) throw new Error(`there is no initial value for ${name}`);
    state[name] = { shape, dtype, data: weight?.data ?? new Float32Array(sizeOf(shape)) };
  }
  return state;
}

/** The state to go on with: what a checkpoint has of it, which is all that lasts from step to step, and 0 for the rest. */
export function resumedState(specs: NamedSpecs, checkpoint: WeightsAndMoments): NamedHostTensors {
  const lasting = sessionState(checkpoint);
  const values = Object.entries(specs).map(([name, { shape, dtype }]): [string, HostTensor] => [
    name,
    lasting[name] ?? { shape, dtype, data: new Float32Array(sizeOf(shape)) },
  ]);
  return Object.fromEntries(values);
}

type WeightsAndMoments = Pick<TrainingState, 'student' | 'teacher' | 'optimizer' | 'center'>;

/** A checkpoint's tensors by the names of the step's program. */
export const sessionState = ({ student, teacher, optimizer, center }: WeightsAndMoments): NamedHostTensors => ({
  ...withPrefix(STUDENT, student),
  ...withPrefix(TEACHER, teacher),
  ...optimizer,
  center,
});

/** The other way round. */
export function weightsAndMoments({ center, ...state }: NamedHostTensors): WeightsAndMoments {
  if (center === undefined) throw new Error('the state of the training step has no center');
  const student = withoutPrefix(STUDENT, state);
  const teacher = withoutPrefix(TEACHER, state);
  const isMoment = ([name]: [string, HostTensor]) => !name.startsWith(STUDENT) && !name.startsWith(TEACHER);
  return { student, teacher, optimizer: Object.fromEntries(Object.entries(state).filter(isMoment)), center };
}

const withPrefix = (prefix: string, tensors: NamedHostTensors): NamedHostTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));

/** The entries whose names start with the prefix, without it. */
const withoutPrefix = (prefix: string, tensors: NamedHostTensors): NamedHostTensors =>
  Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );
