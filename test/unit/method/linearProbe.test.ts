import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { initialProbes, probeLogitsProgram, probeStepProgram } from '../../../src/method/linearProbe.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { expectClose, noise, upload } from './tensors.js';

const SHAPE = { probes: 2, classes: 3, dim: 4, batch: 5 };
/** The fifth place of the batch has no vector. */
const CLASSES = [0, 2, 1, 2];

beforeAll(useCpuBackend);

const weights = () =>
  Object.fromEntries(
    Object.entries(upload(initialProbes(SHAPE, 3))).map(([name, { shape, size }], seed) => [
      name,
      tf.tensor(noise(size, seed), shape),
    ]),
  );

/** The mean cross-entropy of one probe, by tfjs. */
const crossEntropy = (vectors: tf.Tensor2D, weight: tf.Tensor, bias: tf.Tensor): tf.Scalar => {
  const logits = tf.add(tf.matMul(vectors as tf.Tensor2D, weight as tf.Tensor2D, false, true), bias);
  const there = tf.slice(tf.logSoftmax(logits), 0, CLASSES.length);
  return tf.neg(tf.mean(tf.sum(tf.mul(there, tf.oneHot(CLASSES, SHAPE.classes)), 1)) as tf.Scalar);
};

it('a step is that of SGD with momentum, by the gradient of the cross-entropy, with a rate for each probe', () => {
  const state = weights();
  const vectors: tf.Tensor2D = tf.tensor2d(noise(20, 9), [5, 4]);
  const targets = tf.concat([tf.oneHot(CLASSES, SHAPE.classes), tf.zeros([1, SHAPE.classes])]);
  const rates = [0.5, 2];
  const inputs = { vectors, targets, share: tf.scalar(1 / CLASSES.length), lr: tf.tensor1d(rates) };
  const { state: after, outputs } = probeStepProgram(SHAPE).body(state, inputs);

  rates.forEach((rate, probe) => {
    const own = (name: string): tf.Tensor => tf.gather(state[name] as tf.Tensor, probe);
    const [weight, bias] = [own('weight'), own('bias')];
    const { value, grads } = tf.valueAndGrads((w: tf.Tensor, b: tf.Tensor) => crossEntropy(vectors, w, b))([
      weight,
      bias,
    ]);
    expectClose(tf.gather(outputs['loss'] as tf.Tensor, probe), value, 'loss');
    ['weight', 'bias'].forEach((name, place) => {
      const momentum = tf.add(tf.mul(own(`${name}.momentum`), 0.9), grads[place] as tf.Tensor);
      expectClose(tf.gather(after[`${name}.momentum`] as tf.Tensor, probe), momentum, `momentum of ${name}`);
      expectClose(tf.gather(after[name] as tf.Tensor, probe), tf.sub(own(name), tf.mul(momentum, rate)), name);
    });
  });
});

it('stays finite where logits are large', () => {
  const ofClasses = tf.tensor3d([1e4, -1e4, 0], [1, 3, 1]);
  const inputs = {
    vectors: tf.ones([5, 4]),
    targets: tf.oneHot([0, 0, 0, 0, 0], 3),
    share: tf.scalar(0.2),
    lr: tf.tensor1d([1, 1]),
  };
  const state = { ...weights(), weight: tf.mul(tf.ones([2, 3, 4]), ofClasses) };
  const { loss } = probeStepProgram(SHAPE).body(state, inputs).outputs;
  expectClose(loss, tf.zeros([2]), 'loss');
});

it('the logits of each probe are its products with the vectors, plus its bias', () => {
  const state = weights();
  const vectors = tf.tensor2d(noise(20, 9), [5, 4]);
  const { logits } = probeLogitsProgram(SHAPE).body(state, { vectors }).outputs;
  const second = tf.add(
    tf.matMul(vectors, tf.gather(state['weight'] as tf.Tensor, 1) as tf.Tensor2D, false, true),
    tf.gather(state['bias'] as tf.Tensor, 1),
  );
  expect(logits?.shape).toEqual([5, 2, 3]);
  expectClose(tf.gather(logits as tf.Tensor, 1, 1), second, 'logits');
});

it('all probes begin with the same small weights, and without biases or momentum', () => {
  const { weight, bias, ...momenta } = upload(initialProbes({ probes: 2, classes: 10, dim: 300 }, 1));
  const [first, second] = tf.unstack(weight as tf.Tensor).map((probe) => probe.dataSync());
  expect(first).toEqual(second);
  expect(tf.moments(weight as tf.Tensor).variance.dataSync()[0]).toBeCloseTo(1e-4, 5);
  for (const zero of [bias, ...Object.values(momenta)]) expect(tf.max(tf.abs(zero as tf.Tensor)).dataSync()[0]).toBe(0);
  expect(initialProbes({ probes: 1, classes: 2, dim: 2 }, 1)).not.toEqual(
    initialProbes({ probes: 1, classes: 2, dim: 2 }, 2),
  );
});
