/** The optimizer by itself: what it makes of the gradients that the original's optimizer saw. */

import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '../../../../src/engines/engine.js';
import { networkOf } from '../../../../src/method/network.js';
import { ORIGINAL_GROUPS } from '../../../../src/method/optimizers/groups.js';
import { optimizerOf } from '../../../../src/method/optimizers/index.js';
import type { Optimizer } from '../../../../src/method/optimizers/optimizer.js';
import { named } from '../../../../src/program/lookup.js';
import {
  float32,
  type HostTensor,
  type NamedSpecs,
  type NamedTensors,
  type Program,
  sizeOf,
  type TensorSpec,
} from '../../../../src/program/program.js';
import { type Difference, relative } from '../../difference.js';
import { outputOf } from '../../steps.js';
import type { TensorFile } from '../../tensorFile.js';
import type { Variant } from './kind.js';
import { LIMITS } from './limits.js';

export async function* updateRule(engine: Engine, variant: Variant, outputs: TensorFile): AsyncGenerator<Difference> {
  const { name, network, steps, initial } = variant;
  const optimizer = optimizerOf(variant.optimizer);
  const traced = tracedParameters(variant, outputs);
  const parameters = networkOf(network).parameters;
  const specs = Object.fromEntries(
    traced.map((parameter) => {
      const spec = parameters[parameter];
      if (spec === undefined) throw new Error(`${outputs.path} traces ${parameter}, which the network does not have.`);
      return [parameter, spec];
    }),
  );
  const program = updateProgram(optimizer, specs);
  const state = Object.entries(program.state).map(([key, { shape, dtype }]): [string, HostTensor] => {
    const parameter = /^parameter\.(.*)$/.exec(key)?.[1];
    return [
      key,
      parameter === undefined ? { shape, dtype, data: new Float32Array(sizeOf(shape)) } : initial(parameter),
    ];
  });
  const session = await engine.compile(program, Object.fromEntries(state));
  const updates = new Map(traced.map((parameter) => [parameter, 0]));
  for (const [index, { lr, weight_decay }] of steps.entries()) {
    const inputs = Object.entries(specs).flatMap(([parameter, spec]): [string, HostTensor][] => {
      const gradient = outputs.tensors[`trace_${name}.used_grad_step${index}.${parameter}`];
      const weightDecay = ORIGINAL_GROUPS.of(parameter, spec).isDecayed ? weight_decay : 0;
      const count = (updates.get(parameter) ?? 0) + (gradient ? 1 : 0);
      updates.set(parameter, count);
      // No gradient while the last layer is frozen.
      const coefficients = gradient ? optimizer.coefficients({ lr, weightDecay, updates: count }) : optimizer.frozen;
      return [
        [`gradient.${parameter}`, gradient ?? { ...spec, data: new Float32Array(sizeOf(spec.shape)) }],
        ...Object.entries(coefficients).map(([key, value]): [string, HostTensor] => [
          `at.${key}.${parameter}`,
          { shape: [], dtype: 'float32', data: Float32Array.of(value) },
        ]),
      ];
    });
    await session.call(Object.fromEntries(inputs));
    const after = await session.readState();
    for (const parameter of traced) {
      const wanted = outputs.get(`trace_${name}.student_step${index}.${parameter}`);
      const ours = outputOf(after, `parameter.${parameter}`);
      yield relative(`update ${parameter}, step ${index}, ${name}`, ours, wanted, LIMITS.update);
    }
  }
  await session.dispose();
}

const tracedParameters = ({ name }: Variant, { tensors }: TensorFile): string[] =>
  Object.keys(tensors).flatMap((quantity) => {
    const prefix = `trace_${name}.student_step0.`;
    return quantity.startsWith(prefix) ? [quantity.slice(prefix.length)] : [];
  });

/** The optimizer's update of several parameters; each has its own coefficients. */
function updateProgram(optimizer: Optimizer, specs: NamedSpecs): Program {
  const coefficients = Object.keys(optimizer.frozen);
  const parameters = Object.keys(specs);
  const each = <T>(keys: readonly string[], value: (key: string, parameter: string) => T): Record<string, T> =>
    Object.fromEntries(
      parameters.flatMap((parameter) => keys.map((key) => [`${key}.${parameter}`, value(key, parameter)])),
    );
  return {
    name: `update by ${optimizer.name}`,
    state: each(['parameter', ...optimizer.moments], (_, parameter) => specs[parameter] as TensorSpec),
    inputs: {
      ...each(['gradient'], (_, parameter) => specs[parameter] as TensorSpec),
      ...each(
        coefficients.map((key) => `at.${key}`),
        () => float32(),
      ),
    },
    body: (state, inputs) => {
      const after = parameters.map((name) => {
        const { parameter, moments } = optimizer.update(
          {
            parameter: named(state, `parameter.${name}`),
            gradient: named(inputs, `gradient.${name}`),
            gradientScale: tf.scalar(1),
            moments: Object.fromEntries(optimizer.moments.map((moment) => [moment, named(state, `${moment}.${name}`)])),
          },
          Object.fromEntries(coefficients.map((key) => [key, named<tf.Scalar>(inputs, `at.${key}.${name}`)])),
        );
        return { [`parameter.${name}`]: parameter, ...suffixed(moments, name) };
      });
      return { state: Object.assign({}, ...after) as NamedTensors, outputs: {} };
    },
  };
}

const suffixed = (tensors: NamedTensors, suffix: string): NamedTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${name}.${suffix}`, tensor]));
