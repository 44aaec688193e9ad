/** The state of a training step, by the names that src/method/step.ts gives it. */
import { type Method, rolesOf, savedRolesOf } from '../method/method.js';
import { lastingState } from '../method/step.js';
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

/** What of the state a checkpoint has: all that lasts from step to step, but frozen networks. */
export const savedState = (specs: NamedSpecs, method: Pick<Parts, 'roles'>): NamedSpecs => {
  const frozen = rolesOf(method).flatMap(([role, { is }]) => (is === 'frozen' ? [`${role}.`] : []));
  const saved = Object.entries(lastingState(specs)).filter(
    ([name]) => !frozen.some((prefix) => name.startsWith(prefix)),
  );
  return Object.fromEntries(saved);
};

/**
 * The state to go on with: what a checkpoint has of it, and 0 for what does not last from step to step.
 * @param frozen the weights of frozen networks, by their names in the state
 * @throws Error naming what lasts and has no value
 */
export function resumedState(
  specs: NamedSpecs,
  checkpoint: LastingTensors,
  frozen: NamedHostTensors = {},
): NamedHostTensors {
  const known = { ...frozen, ...sessionState(checkpoint) };
  const missing = Object.keys(lastingState(specs)).find((name) => known[name] === undefined);
  if (missing !== undefined) throw new Error(`there is no value for ${missing} to go on with`);
  const values = Object.entries(specs).map(([name, { shape, dtype }]): [string, HostTensor] => [
    name,
    known[name] ?? { shape, dtype, data: new Float32Array(sizeOf(shape)) },
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
  const prefixes = rolesOf(method).map(([role]) => `${role}.`);
  const missing = Object.keys(method.memory).find((name) => state[name] === undefined);
  if (missing !== undefined) throw new Error(`the state of the training step has no ${missing}`);
  const entries = Object.entries(state);
  const isMoment = ([name]: [string, HostTensor]) =>
    !(name in method.memory) && !prefixes.some((prefix) => name.startsWith(prefix));
  return {
    networks: Object.fromEntries(savedRolesOf(method).map(([role]) => [role, below(state, `${role}.`)])),
    moments: Object.fromEntries(entries.filter(isMoment)),
    memory: Object.fromEntries(entries.filter(([name]) => name in method.memory)),
  };
}
