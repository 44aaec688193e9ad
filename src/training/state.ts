/** The state of a training step, by the names that src/method/step.ts gives it. */
import { type HostTensor, type NamedHostTensors, type NamedSpecs, sizeOf } from '../method/program.js';

const STUDENT = 'student.';
const TEACHER = 'teacher.';

/**
 * The state before the first step: student and teacher alike, moments and center 0.
 * `weights` are a network's parameters without prefix.
 */
export function initialState(specs: NamedSpecs, weights: NamedHostTensors): NamedHostTensors {
  const state: Record<string, HostTensor> = {};
  for (const [name, { shape, dtype }] of Object.entries(specs)) {
    const parameter = [STUDENT, TEACHER].find((prefix) => name.startsWith(prefix));
    const weight = parameter === undefined ? undefined : weights[name.slice(parameter.length)];
    if (parameter !== undefined && weight === undefined) throw new Error(`there is no initial value for ${name}`);
    state[name] = { shape, dtype, data: weight?.data.slice() ?? new Float32Array(sizeOf(shape)) };
  }
  return state;
}

/** The entries whose names start with the prefix, without it. */
export function withoutPrefix(tensors: NamedHostTensors, prefix: string): NamedHostTensors {
  return Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, tensor]) => [name.slice(prefix.length), tensor]),
  );
}

export function withPrefix(tensors: NamedHostTensors, prefix: string): NamedHostTensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]));
}
