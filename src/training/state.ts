/** The state of a training step, by the names that src/method/step.ts gives it. */
import { type Method, rolesOf } from '../method/method.js';
import { below, flat } from '../program/lookup.js';
import { type HostTensor, type NamedHostTensors, type NamedSpecs, sizeOf } from '../program/program.js';
import type { TrainingState } from '../runs/checkpoint.js';

/** A checkpoint's tensors. */
export type LastingTensors = Pick<TrainingState, 'networks' | 'moments' | 'memory'>;

/** The roles of a method, and the names of what it remembers. */
export type Parts = Pick<Method, 'roles' | 'memory'>;

/**
 * The state before the first step: moments and memory are 0.
 * @param weights of all networks, by their names in the state; they are taken as they are, without a copy
 * @throws Error naming a parameter that has no value
 */
export function initialState(
  specs: NamedSpecs,
  { roles }: Pick<Parts, 'roles'>,
  weights: NamedHostTensors,
): NamedHostTensors {
  const isWeight = (name: string) => Object.keys(roles).some((role) => name.startsWith(`${role}.`));
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype }]): [string, HostTensor] => {
      const weight = weights[name];
      if (weight === undefined && isWeight(name)) throw new Error(`there is no initial value for ${name}`);
      return [name, { shape, dtype, data: weight?.data ?? new Float32Array(sizeOf(shape)) }];
    }),
  );
}

/** The state to go on with: what a checkpoint has of it, which is all that lasts from step to step, and 0 for the rest. */
export function resumedState(specs: NamedSpecs, checkpoint: LastingTensors): NamedHostTensors {
  const lasting = sessionState(checkpoint);
  const values = Object.entries(specs).map(([name, { shape, dtype }]): [string, HostTensor] => [
    name,
    lasting[name] ?? { shape, dtype, data: new Float32Array(sizeOf(shape)) },
  ]);
  return Object.fromEntries(values);
}

/** A checkpoint's tensors by the names of the step's program. */
export const sessionState = ({ networks, moments, memory }: LastingTensors): NamedHostTensors => ({
  ...flat(networks),
  ...moments,
  ...memory,
});

/** The other way round. @throws Error naming what the method remembers and the state does not have */
export function lastingTensors(state: NamedHostTensors, method: Parts): LastingTensors {
  const prefixes = rolesOf(method).map(([role]) => [role, `${role}.`] as const);
  const missing = Object.keys(method.memory).find((name) => state[name] === undefined);
  if (missing !== undefined) throw new Error(`the state of the training step has no ${missing}`);
  const entries = Object.entries(state);
  const isMoment = ([name]: [string, HostTensor]) =>
    !(name in method.memory) && !prefixes.some(([, prefix]) => name.startsWith(prefix));
  return {
    networks: Object.fromEntries(prefixes.map(([role, prefix]) => [role, below(state, prefix)])),
    moments: Object.fromEntries(entries.filter(isMoment)),
    memory: Object.fromEntries(entries.filter(([name]) => name in method.memory)),
  };
}
