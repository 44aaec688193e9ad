import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { describe, expect, it } from 'vitest';
import { globalAveragePool, maxPool } from '../../../../src/method/layers/pooling.js';
import { relu } from '../../../../src/method/layers/relu.js';
import { float32, type HostTensor, type Program, sizeOf } from '../../../../src/program/program.js';
import { callOnce, EVERY_ENGINE } from '../../engines/everyEngine.js';
import { noise } from '../tensors.js';
import { expectNear } from './expectNear.js';
import { imagesOf, plainMaxPool } from './plainImages.js';

type Shape = readonly [number, number, number, number];

const tensor = (shape: readonly number[], data: Float32Array): HostTensor => ({ shape, dtype: 'float32', data });

/** A layer, and the gradient of its product with `dy`. */
const program = (name: string, layer: (x: tf.Tensor4D) => tf.Tensor, x: Shape, y: readonly number[]): Program => ({
  name,
  state: {},
  inputs: { x: float32(...x), dy: float32(...y) },
  body: (_, { x, dy }) => {
    const weighted = (x: tf.Tensor) => tf.sum(tf.mul(layer(x as tf.Tensor4D), dy as tf.Tensor));
    return { state: {}, outputs: { y: layer(x as tf.Tensor4D), dx: tf.grad(weighted)(x as tf.Tensor) } };
  },
});

const IMAGES: [string, Shape, (value: number) => number][] = [
  ['even sides', [2, 3, 8, 6], (value) => value],
  ['odd sides', [2, 3, 7, 9], (value) => value],
  ['one pixel', [1, 2, 1, 1], (value) => value],
  ['negative throughout', [1, 2, 5, 4], (value) => value - 10],
  ['equal values', [2, 2, 9, 8], (value) => Math.round(value)],
  ['nothing but zeros', [1, 2, 6, 7], () => 0],
];

for (const { name, open, isMissing } of EVERY_ENGINE) {
  describe.skipIf(isMissing)(`By ${name}`, () => {
    it.each(IMAGES)('the largest of a window is chosen, and gets the gradient alone: %s', async (_, shape, change) => {
      const x = tensor(shape, noise(sizeOf(shape), 1).map(change));
      const plain = plainMaxPool(imagesOf(x));
      const dy = tensor(plain.y.shape, noise(sizeOf(plain.y.shape), 2));
      const { outputs } = await callOnce(open(), program('max pool', maxPool, shape, dy.shape), {}, { x, dy });
      expectNear(outputs['y'], plain.y, 'y', 1e-12);
      expectNear(outputs['dx'], plain.gradient(imagesOf(dy)), 'dx', 1e-6);
    });

    it('the mean of a channel gives each pixel its share of the gradient', async () => {
      const shape: Shape = [2, 3, 5, 4];
      const values = noise(120, 1);
      const [x, dy] = [tensor(shape, values), tensor([2, 3], noise(6, 2))];
      const mean = program('global average pool', globalAveragePool, shape, dy.shape);
      const { outputs } = await callOnce(open(), mean, {}, { x, dy });
      const means = Array.from({ length: 6 }, (_, i) => values.slice(20 * i, 20 * i + 20).reduce((a, b) => a + b) / 20);
      expectNear(outputs['y'], { shape: [2, 3], data: means }, 'y');
      const shares = Array.from({ length: 120 }, (_, i) => (dy.data[Math.floor(i / 20)] as number) / 20);
      expectNear(outputs['dx'], { shape, data: shares }, 'dx');
    });

    it('what is not above 0 is 0 and has no gradient', async () => {
      const values = [-3, -1e-30, 0, 1e-30, 0.5, 3e30];
      const [x, dy] = [tensor([1, 1, 2, 3], Float32Array.from(values)), tensor([1, 1, 2, 3], noise(6, 2))];
      const { outputs } = await callOnce(open(), program('relu', relu, [1, 1, 2, 3], dy.shape), {}, { x, dy });
      expect([...(outputs['y']?.data ?? [])].map((value) => value + 0)).toEqual(
        [...x.data].map((value) => Math.max(value, 0)),
      );
      expect([...(outputs['dx']?.data ?? [])].map((value) => value + 0)).toEqual(
        [...dy.data].map((value, i) => ((values[i] as number) > 0 ? value : 0)),
      );
    });
  });
}
