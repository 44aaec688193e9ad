/** The recipes of CONTRIBUTING.md for what a step is made of: a tiny backbone, loss, method and optimizer, each put to use. */
import * as tf from '@tensorflow/tfjs-core';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import type { Backbone } from '../../../src/method/backbone.js';
import { drawer, normal } from '../../../src/method/initial.js';
import type { Method, MethodTypes } from '../../../src/method/method.js';
import { type Network, networkFrom } from '../../../src/method/network.js';
import type { Optimizer } from '../../../src/method/optimizers/optimizer.js';
import { stepProgram } from '../../../src/method/step.js';
import { stepInputs } from '../../../src/method/stepInputs.js';
import { float32, type HostTensor, type NamedHostTensors, sizeOf } from '../../../src/program/program.js';
import { onnxEngine } from '../engines/onnxEngine.js';

const DIM = 3;
const SIDE = 4;

/** A backbone: the mean color of an image, times a matrix. */
const meanColor: Backbone = {
  dim: DIM,
  imageSize: SIDE,
  inChans: 3,
  outputSize: DIM,
  parameters: { weight: float32(3, DIM) },
  buffers: {},
  droppableBlocks: 0,
  layers: 1,
  layerOf: () => 0,
  initial: () => normal(0.5),
  forward: (get, images) => ({ pooled: tf.matMul(tf.mean(images, [2, 3]) as tf.Tensor2D, get<tf.Tensor2D>('weight')) }),
};

/** A loss: mean squared distance, [rows, dim] twice. */
const squaredDistance = (a: tf.Tensor2D, b: tf.Tensor2D): tf.Scalar => tf.mean(tf.square(tf.sub(a, b)));

interface Types extends MethodTypes {
  readonly role: 'student' | 'target';
  readonly inputs: { readonly images: tf.Tensor4D; readonly strength: tf.Scalar };
  readonly memory: { readonly seen: tf.Tensor };
  readonly targets: tf.Tensor2D;
}

/** A method: the student learns to give what a frozen network gives. */
const imitate = (network: Network): Method<Types> => ({
  name: 'imitate',
  identity: '',
  roles: { student: { network, is: 'trained' }, target: { network, is: 'frozen' } },
  memory: { seen: float32(1, DIM) },
  means: { feature: float32(1, DIM) },
  inputs: (batch) => ({ images: float32(batch, 3, SIDE, SIDE) }),
  groups: { images: 1 },
  scalars: ['strength'],
  targets: ({ target }, { inputs }) => target.features(inputs.images),
  loss: ({ student }, { inputs: { images, strength } }, targets) => {
    const distance = squaredDistance(student.features(images), targets);
    return { total: tf.mul(distance, strength), parts: { distance } };
  },
  remember: ({ memory }, targets, { mean, inLastCall }) => ({
    seen: tf.add(memory.seen, tf.mul(mean('feature', tf.mean(targets, 0, true)), inLastCall(1))),
  }),
  measures: (targets, _, agreed) => ({ size: agreed(tf.mean(tf.abs(targets)) as tf.Scalar) }),
});

/** An optimizer: gradient descent without moments. */
const descent: Optimizer<never, 'lr'> = {
  name: 'descent',
  moments: [],
  coefficients: ({ lr }) => ({ lr }),
  frozen: { lr: 0 },
  update: ({ parameter, gradient, gradientScale }, { lr }) => ({
    parameter: tf.sub(parameter, tf.mul(gradient, tf.mul(gradientScale, lr))),
    moments: {},
  }),
};

const tensor = (shape: readonly number[], value: () => number): HostTensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from({ length: sizeOf(shape) }, value),
});

describe('The recipes', () => {
  it.each([1, 2])(
    'train a method of a backbone, a loss and an optimizer that nobody knew (%i calls a step)',
    async (calls) => {
      const method = imitate(networkFrom(meanColor));
      const program = stepProgram(method, descent, { batchSize: 2, calls, clipGrad: 0 });
      const generator = xoroshiro128plus(1);
      const draw = () => (generator.next() >>> 0) / 2 ** 32;
      const weight = drawer(meanColor.initial('weight'), draw);
      const state: NamedHostTensors = Object.fromEntries(
        Object.entries(program.state).map(([name, { shape }]) => [
          name,
          tensor(shape, name.endsWith('backbone.weight') ? weight : () => 0),
        ]),
      );
      const session = await onnxEngine.compile(program, state);
      const losses: number[] = [];
      let last: NamedHostTensors = {};
      for (let step = 0; step < 30; step++) {
        for (let call = 0; call < calls; call++) {
          const scalars = {
            lr: 0.5,
            weightDecay: 0,
            teacherMomentum: 1,
            ofMethod: { strength: 4 },
            lastLayerFrozen: false,
            optimizerSteps: { main: step, lastLayer: step },
          };
          const images = tensor([2, 3, SIDE, SIDE], draw);
          last = await session.call({ images, ...stepInputs(descent, scalars, { call, calls }) });
        }
        losses.push(last['loss']?.data[0] as number);
      }
      expect(losses.at(-1)).toBeLessThan(0.2 * (losses[0] as number));
      expect(last['loss']?.data[0]).toBeCloseTo(4 * (last['distance']?.data[0] as number), 6);
      expect(Object.keys(last).sort()).toEqual(['distance', 'grad_norm', 'loss', 'size']);
      const after = await session.readState();
      await session.dispose();
      expect(after['target.backbone.weight']?.data).toEqual(state['target.backbone.weight']?.data);
      expect(after['student.backbone.weight']?.data).not.toEqual(state['student.backbone.weight']?.data);
      expect([...(after['seen']?.data ?? [])].some((value) => value !== 0)).toBe(true);
    },
  );
});
