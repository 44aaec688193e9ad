/** What a step makes of the weights, once it has the gradients. */
import * as tf from '@tensorflow/tfjs-core';
import { named } from '../program/lookup.js';
import type { NamedSpecs, NamedTensors } from '../program/program.js';
import { type Method, type MethodTypes, rolesOf } from './method.js';
import { clipScale } from './optimizers/clip.js';
import type { ParameterGroup, ParameterGroups } from './optimizers/groups.js';
import type { Optimizer } from './optimizers/optimizer.js';
import { squaredNorm } from './optimizers/squaredNorm.js';
import { coefficientInput } from './stepInputs.js';

/** What has its gradient clipped by its own norm: each parameter, or each module: a backbone, or a head. */
export type Clipped = 'parameters' | 'modules';

export interface Update {
  readonly optimizer: Optimizer;
  readonly role: string;
  /** Parameters of the role's network that the optimizer updates. */
  readonly trained: NamedSpecs;
  readonly groups: ParameterGroups;
  /** When left out: each parameter. */
  readonly clipped?: Clipped | undefined;
  /** Largest norm of what is clipped together; 0 switches clipping off. */
  readonly clipGrad: number;
}

/** The role's parameters and their moments after the step, and the norm of all gradients before clipping. */
export function updatedParameters(
  update: Update,
  state: NamedTensors,
  inputs: NamedTensors,
  gradients: NamedTensors,
): { readonly state: NamedTensors; readonly gradientNorm: tf.Scalar } {
  const { optimizer, role, trained, groups } = update;
  const after: Record<string, tf.Tensor> = {};
  const squaredNorms: Readonly<Record<string, tf.Scalar>> = Object.fromEntries(
    Object.keys(trained).map((name): [string, tf.Scalar] => [name, squaredNorm(named(gradients, name))]),
  );
  const scales = gradientScales(update, squaredNorms);
  for (const [name, spec] of Object.entries(trained)) {
    const { parameter, moments } = optimizer.update(
      {
        parameter: named(state, `${role}.${name}`),
        gradient: named(gradients, name),
        gradientScale: named<tf.Scalar>(scales, name),
        moments: Object.fromEntries(optimizer.moments.map((moment) => [moment, named(state, `${moment}.${name}`)])),
      },
      coefficientsOf(optimizer, inputs, groups.of(name, spec)),
    );
    after[`${role}.${name}`] = parameter;
    for (const moment of optimizer.moments) after[`${moment}.${name}`] = named(moments, moment);
  }
  return { state: after, gradientNorm: tf.sqrt(tf.addN(Object.values(squaredNorms))) };
}

/** What each gradient is multiplied by, by parameter. */
function gradientScales(
  { clipGrad, clipped }: Pick<Update, 'clipGrad' | 'clipped'>,
  squaredNorms: Readonly<Record<string, tf.Scalar>>,
): Readonly<Record<string, tf.Scalar>> {
  const names = Object.keys(squaredNorms);
  const scaleOf = (squaredNorm: tf.Scalar) => (clipGrad > 0 ? clipScale(tf.sqrt(squaredNorm), clipGrad) : tf.scalar(1));
  if (clipped !== 'modules')
    return Object.fromEntries(Object.entries(squaredNorms).map(([name, norm]) => [name, scaleOf(norm)]));
  const modules = [...new Set(names.map(moduleOf))].map((module): [string, tf.Scalar] => {
    const own = Object.entries(squaredNorms).flatMap(([name, norm]) => (moduleOf(name) === module ? [norm] : []));
    return [module, scaleOf(tf.addN(own))];
  });
  const ofModules: Readonly<Record<string, tf.Scalar>> = Object.fromEntries(modules);
  return Object.fromEntries(names.map((name) => [name, named<tf.Scalar>(ofModules, moduleOf(name))]));
}

const moduleOf = (name: string): string => name.slice(0, name.indexOf('.'));

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
