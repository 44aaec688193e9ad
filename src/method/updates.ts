/** What a step makes of the weights, once it has the gradients. */
import * as tf from '@tensorflow/tfjs-core';
import { named } from '../program/lookup.js';
import type { NamedSpecs, NamedTensors } from '../program/program.js';
import { type Method, type MethodTypes, rolesOf } from './method.js';
import { clipScale } from './optimizers/clip.js';
import type { ParameterGroup, ParameterGroups } from './optimizers/groups.js';
import type { Optimizer } from './optimizers/optimizer.js';
import { coefficientInput } from './stepInputs.js';

export interface Update {
  readonly optimizer: Optimizer;
  readonly role: string;
  /** Parameters of the role's network that the optimizer updates. */
  readonly trained: NamedSpecs;
  readonly groups: ParameterGroups;
  /** Largest norm of each parameter's gradient; 0 switches clipping off. */
  readonly clipGrad: number;
}

/** The role's parameters and their moments after the step, and the norm of all gradients before clipping. */
export function updatedParameters(
  { optimizer, role, trained, groups, clipGrad }: Update,
  state: NamedTensors,
  inputs: NamedTensors,
  gradients: NamedTensors,
): { readonly state: NamedTensors; readonly gradientNorm: tf.Scalar } {
  const after: Record<string, tf.Tensor> = {};
  const squaredNorms: tf.Scalar[] = [];
  for (const [name, spec] of Object.entries(trained)) {
    const gradient = named(gradients, name);
    const squaredNorm: tf.Scalar = tf.sum(tf.mul(gradient, gradient));
    squaredNorms.push(squaredNorm);
    const { parameter, moments } = optimizer.update(
      {
        parameter: named(state, `${role}.${name}`),
        gradient,
        gradientScale: clipGrad > 0 ? clipScale(tf.sqrt(squaredNorm), clipGrad) : tf.scalar(1),
        moments: Object.fromEntries(optimizer.moments.map((moment) => [moment, named(state, `${moment}.${name}`)])),
      },
      coefficientsOf(optimizer, inputs, groups.of(name, spec)),
    );
    after[`${role}.${name}`] = parameter;
    for (const moment of optimizer.moments) after[`${moment}.${name}`] = named(moments, moment);
  }
  return { state: after, gradientNorm: tf.sqrt(tf.addN(squaredNorms)) };
}

const coefficientsOf = (
  { frozen }: Optimizer,
  inputs: NamedTensors,
  group: ParameterGroup,
): Readonly<Record<string, tf.Scalar>> =>
  Object.fromEntries(Object.keys(frozen).map((name) => [name, named(inputs, coefficientInput(group, name))]));

/** The parameters of the networks that are averages of others. Buffers are not averaged, as in the original. */
export function movingAverages<M extends MethodTypes>(
  method: Method<M>,
  before: NamedTensors,
  after: NamedTensors,
  inputs: NamedTensors,
): NamedTensors {
  const averaged = rolesOf(method).flatMap(([role, { network, is }]) =>
    typeof is === 'string'
      ? []
      : Object.keys(network.parameters).map((name) => [
          `${role}.${name}`,
          tf.add(
            tf.mul(named(before, `${role}.${name}`), named(inputs, 'average_momentum')),
            tf.mul(named(after, `${is.averageOf}.${name}`), named(inputs, 'average_share')),
          ),
        ]),
  );
  return Object.fromEntries(averaged);
}
