import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { describe, expect, it } from 'vitest';
import { useCpuBackend } from '../../../../src/engines/cpuBackend.js';
import { convolution, type Sliding } from '../../../../src/method/layers/convolution.js';
import { float32, type HostTensor, type Program, sizeOf } from '../../../../src/program/program.js';
import { callOnce, EVERY_ENGINE } from '../../engines/everyEngine.js';
import { noise } from '../tensors.js';
import { expectNear } from './expectNear.js';
import { imagesOf, plainConvolution, plainConvolutionGradients } from './plainImages.js';

type Shape = [number, number, number, number];

interface Case {
  readonly x: Shape;
  readonly filter: Shape;
  readonly sliding: Sliding;
}

const sliding = (stride: number, pad: number): Sliding => ({ stride, pad });

/** Between them they take every form that an engine's gradients have, with sides that strides divide and that they do not. */
const CASES: Readonly<Record<string, Case>> = {
  'the stem': { x: [2, 3, 17, 22], filter: [5, 3, 7, 7], sliding: sliding(2, 3) },
  'the stem, all of it reached': { x: [2, 3, 15, 9], filter: [5, 3, 7, 7], sliding: sliding(2, 3) },
  'three by three': { x: [2, 17, 7, 9], filter: [4, 17, 3, 3], sliding: sliding(1, 1) },
  'three by three, few channels': { x: [3, 2, 5, 6], filter: [4, 2, 3, 3], sliding: sliding(1, 1) },
  'three by three by steps': { x: [2, 16, 8, 11], filter: [3, 16, 3, 3], sliding: sliding(2, 1) },
  'three by three by steps, few channels': { x: [2, 3, 8, 11], filter: [6, 3, 3, 3], sliding: sliding(2, 1) },
  'three by three without padding': { x: [1, 16, 6, 5], filter: [2, 16, 3, 3], sliding: sliding(1, 0) },
  'seven by seven': { x: [1, 16, 9, 8], filter: [2, 16, 7, 7], sliding: sliding(1, 3) },
  'by steps of three': { x: [2, 16, 10, 12], filter: [3, 16, 3, 3], sliding: sliding(3, 0) },
  'one pixel': { x: [2, 16, 5, 7], filter: [4, 16, 1, 1], sliding: sliding(1, 0) },
  'one pixel of small images': { x: [3, 16, 2, 2], filter: [24, 16, 1, 1], sliding: sliding(1, 0) },
  'one pixel by steps': { x: [2, 16, 7, 8], filter: [4, 16, 1, 1], sliding: sliding(2, 0) },
  'one image, one channel': { x: [1, 1, 3, 3], filter: [1, 1, 3, 3], sliding: sliding(1, 1) },
};

const tensor = (shape: readonly number[], seed: number): HostTensor => ({
  shape,
  dtype: 'float32',
  data: noise(sizeOf(shape), seed),
});

/** The convolution, and the gradients of its product with `weights`. */
const program = ({ x, filter, sliding }: Case, weights: readonly number[]): Program => ({
  name: 'convolution',
  state: {},
  inputs: { x: float32(...x), filter: float32(...filter), weights: float32(...weights) },
  body: (_, inputs) => {
    const [x, filter, weights] = ['x', 'filter', 'weights'].map((name) => inputs[name]) as [
      tf.Tensor4D,
      tf.Tensor4D,
      tf.Tensor4D,
    ];
    const weighted = (x: tf.Tensor, filter: tf.Tensor) =>
      tf.sum(tf.mul(convolution(x as tf.Tensor4D, filter as tf.Tensor4D, sliding), weights));
    const [dx, dfilter] = tf.grads(weighted)([x, filter]) as [tf.Tensor, tf.Tensor];
    return { state: {}, outputs: { y: convolution(x, filter, sliding), dx, dfilter } };
  },
});

for (const { name, open, isMissing } of EVERY_ENGINE) {
  describe.skipIf(isMissing)(`A convolution and its gradients by ${name}`, () => {
    it.each(Object.keys(CASES))('are the sums of their terms: %s', async (title) => {
      const given = CASES[title] as Case;
      const [x, filter] = [tensor(given.x, 1), tensor(given.filter, 2)];
      const y = plainConvolution(imagesOf(x), imagesOf(filter), given.sliding);
      const weights = tensor(y.shape, 3);
      const wanted = plainConvolutionGradients(imagesOf(x), imagesOf(filter), imagesOf(weights), given.sliding);
      const { outputs } = await callOnce(open(), program(given, y.shape), {}, { x, filter, weights });
      expectNear(outputs['y'], y, 'y');
      expectNear(outputs['dx'], wanted.dx, 'dx');
      expectNear(outputs['dfilter'], wanted.dfilter, 'dfilter');
    });
  });
}

describe('A convolution', () => {
  it.each<[string, Shape, Shape, Sliding]>([
    ['the kernel must be square', [1, 2, 5, 5], [1, 2, 3, 1], sliding(1, 0)],
    ['the filter must take as many channels as the image has', [1, 2, 5, 5], [1, 3, 3, 3], sliding(1, 0)],
    ['the stride must be a whole number from 1', [1, 2, 5, 5], [1, 2, 3, 3], sliding(0, 0)],
    ['the stride must be a whole number from 1', [1, 2, 5, 5], [1, 2, 3, 3], sliding(1.5, 0)],
    ['the padding must be smaller than the kernel', [1, 2, 5, 5], [1, 2, 3, 3], sliding(1, 3)],
    ['the padding must be smaller than the kernel', [1, 2, 5, 5], [1, 2, 3, 3], sliding(1, -1)],
    ['the image is smaller than the kernel', [1, 2, 5, 2], [1, 2, 5, 5], sliding(1, 1)],
  ])('is refused where %s', async (why, x, filter, how) => {
    await useCpuBackend();
    const sizes = `[${x}] by [${filter}] with stride ${how.stride} and padding ${how.pad}`;
    expect(() => convolution(tf.zeros(x), tf.zeros(filter), how)).toThrow(`A convolution of ${sizes}: ${why}.`);
  });
});
