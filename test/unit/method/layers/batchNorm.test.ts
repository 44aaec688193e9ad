import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { describe, expect, it } from 'vitest';
import { useCpuBackend } from '../../../../src/engines/cpuBackend.js';
import { batchNorm, batchNormByRunning, type RunningStatistics } from '../../../../src/method/layers/batchNorm.js';
import {
  float32,
  type HostTensor,
  type NamedHostTensors,
  type Program,
  sizeOf,
} from '../../../../src/program/program.js';
import { callOnce, EVERY_ENGINE } from '../../engines/everyEngine.js';
import { noise } from '../tensors.js';
import { expectNear } from './expectNear.js';

const EPSILON = 1e-5;

type Images = tf.Tensor2D | tf.Tensor4D;

/** Channels of means from -50 on and of deviations from .1 on, so that variances are small differences of large squares. */
function inputsOf(shape: readonly number[]): NamedHostTensors {
  const channels = shape[1] as number;
  const channelOf = (i: number) => Math.floor(i / sizeOf(shape.slice(2))) % channels;
  const host = (shape: readonly number[], data: Float32Array): HostTensor => ({ shape, dtype: 'float32', data });
  return {
    x: host(
      shape,
      noise(sizeOf(shape), 1).map((value, i) => 20 * channelOf(i) - 50 + value * (channelOf(i) + 0.1)),
    ),
    dy: host(shape, noise(sizeOf(shape), 2)),
    weight: host([channels], noise(channels, 3)),
    bias: host([channels], noise(channels, 4)),
  };
}

const runningOf = (channels: number): NamedHostTensors => ({
  mean: { shape: [channels], dtype: 'float32', data: noise(channels, 5) },
  variance: { shape: [channels], dtype: 'float32', data: noise(channels, 6).map((value) => 1.5 + value) },
  batches: { shape: [], dtype: 'float32', data: Float32Array.of(7) },
});

type Layer = typeof batchNormByRunning;

/** The layer, and the gradients of the product of its result with `dy`. Training changes the state. */
const program = (shape: readonly number[], isTraining: boolean): Program => ({
  name: `batch norm, ${isTraining ? 'training' : 'evaluation'}`,
  state: {
    mean: float32(shape[1] as number),
    variance: float32(shape[1] as number),
    batches: float32(),
  },
  inputs: {
    x: float32(...shape),
    dy: float32(...shape),
    weight: float32(shape[1] as number),
    bias: float32(shape[1] as number),
  },
  body: (state, inputs) => {
    const running = state as unknown as RunningStatistics;
    const [x, weight, bias] = [inputs['x'], inputs['weight'], inputs['bias']] as [Images, tf.Tensor1D, tf.Tensor1D];
    const layer: Layer = (x, parameters, running) =>
      isTraining ? batchNorm(x, parameters, running).y : batchNormByRunning(x, parameters, running);
    const weighted = (x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor) => {
      const parameters = { weight: weight as tf.Tensor1D, bias: bias as tf.Tensor1D };
      return tf.sum(tf.mul(layer(x as Images, parameters, running), inputs['dy'] as tf.Tensor));
    };
    const [dx, dweight, dbias] = tf.grads(weighted)([x, weight, bias]) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return {
      state: isTraining ? { ...batchNorm(x, { weight, bias }, running).running } : {},
      outputs: { y: layer(x, { weight, bias }, running), dx, dweight, dbias },
    };
  },
});

const numbersOf = (tensor: HostTensor | undefined): number[] => {
  if (tensor === undefined) throw new Error('There is no such tensor.');
  return [...tensor.data];
};
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Channel by channel, in float64: the formulas of the paper's section 3, its algorithm 1. */
function plainBatchNorm(shape: readonly number[], inputs: NamedHostTensors, moments?: NamedHostTensors) {
  const channels = shape[1] as number;
  const [x, dy] = [numbersOf(inputs['x']), numbersOf(inputs['dy'])];
  const [weight, bias] = [numbersOf(inputs['weight']), numbersOf(inputs['bias'])];
  const made = { y: [...x], dx: [...x], dweight: [] as number[], dbias: [] as number[] };
  const [means, unbiased] = [[] as number[], [] as number[]];
  for (let channel = 0; channel < channels; channel++) {
    const places = [...x.keys()].filter((i) => Math.floor(i / sizeOf(shape.slice(2))) % channels === channel);
    const count = places.length;
    const mean = moments
      ? (numbersOf(moments['mean'])[channel] as number)
      : sum(places.map((i) => x[i] as number)) / count;
    const squares = sum(places.map((i) => ((x[i] as number) - mean) ** 2));
    const variance = moments ? (numbersOf(moments['variance'])[channel] as number) : squares / count;
    const std = Math.sqrt(variance + EPSILON);
    const normalized = (i: number) => ((x[i] as number) - mean) / std;
    const offset = sum(places.map((i) => dy[i] as number));
    const along = sum(places.map((i) => (dy[i] as number) * normalized(i)));
    for (const i of places) {
      made.y[i] = normalized(i) * (weight[channel] as number) + (bias[channel] as number);
      const through = moments ? 0 : offset / count + (normalized(i) * along) / count;
      made.dx[i] = (((dy[i] as number) - through) * (weight[channel] as number)) / std;
    }
    made.dweight.push(along);
    made.dbias.push(offset);
    means.push(mean);
    unbiased.push(squares / (count - 1));
  }
  return { made, means, unbiased };
}

const SHAPES: [string, number[]][] = [
  ['images', [3, 5, 4, 7]],
  ['one image', [1, 2, 3, 3]],
  ['rows', [6, 5]],
  ['two rows', [2, 3]],
];

for (const { name, open, isMissing } of EVERY_ENGINE) {
  describe.skipIf(isMissing)(`Batch norm by ${name}`, () => {
    it.each(SHAPES)(
      'takes the statistics of the batch in training, and moves the running ones: %s',
      async (_, shape) => {
        const [channels, inputs] = [shape[1] as number, inputsOf(shape)];
        const before = runningOf(channels);
        const { outputs, state } = await callOnce(open(), program(shape, true), before, inputs);
        const { made, means, unbiased } = plainBatchNorm(shape, inputs);
        expectNear(outputs['y'], { shape, data: made.y }, 'y', 1e-4);
        // Two rows are always 1 and -1 apart: what is left of their gradient is rounding.
        if (shape[0] !== 2) expectNear(outputs['dx'], { shape, data: made.dx }, 'dx', 1e-4);
        expectNear(outputs['dweight'], { shape: [channels], data: made.dweight }, 'dweight', 1e-4);
        expectNear(outputs['dbias'], { shape: [channels], data: made.dbias }, 'dbias');
        const moved = (name: string, batch: readonly number[]) =>
          numbersOf(before[name]).map((value, i) => 0.9 * value + 0.1 * (batch[i] as number));
        expectNear(state['mean'], { shape: [channels], data: moved('mean', means) }, 'the running mean');
        expectNear(
          state['variance'],
          { shape: [channels], data: moved('variance', unbiased) },
          'the running variance',
          1e-4,
        );
        expect(state['batches']).toEqual({ shape: [], dtype: 'float32', data: Float32Array.of(8) });
      },
    );

    it.each(SHAPES)('takes the running statistics in evaluation, and leaves them: %s', async (_, shape) => {
      const [channels, inputs] = [shape[1] as number, inputsOf(shape)];
      const running = runningOf(channels);
      const { outputs, state } = await callOnce(open(), program(shape, false), running, inputs);
      const { made } = plainBatchNorm(shape, inputs, running);
      expectNear(outputs['y'], { shape, data: made.y }, 'y');
      expectNear(outputs['dx'], { shape, data: made.dx }, 'dx');
      expectNear(outputs['dweight'], { shape: [channels], data: made.dweight }, 'dweight', 1e-4);
      expectNear(outputs['dbias'], { shape: [channels], data: made.dbias }, 'dbias');
      expect(state).toEqual(running);
    });
  });
}

describe('Batch norm', () => {
  it('is refused where a channel has a single value', async () => {
    await useCpuBackend();
    const parameters = { weight: tf.ones([3]), bias: tf.zeros([3]) } as { weight: tf.Tensor1D; bias: tf.Tensor1D };
    const running = { mean: parameters.bias, variance: parameters.weight, batches: tf.scalar(0) };
    expect(() => batchNorm(tf.zeros([1, 3, 1, 1]) as tf.Tensor4D, parameters, running)).toThrow(
      'Batch norm of [1,3,1,1] needs two values of each channel in training: use a larger batch.',
    );
  });
});
