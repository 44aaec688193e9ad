/** Linear classifiers on frozen features, several learning rates at once (eval_linear.py of the original; DINOv2's sweep), as programs. */
import * as tf from '@tensorflow/tfjs-core';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { named } from '../program/lookup.js';
import {
  float32,
  type NamedHostTensors,
  type NamedSpecs,
  type NamedTensors,
  type Program,
} from '../program/program.js';
import { drawer, normal } from './initial.js';

export interface ProbeShape {
  /** Classifiers that are trained side by side, each with a learning rate of its own. */
  readonly probes: number;
  readonly classes: number;
  /** Of the feature vectors. */
  readonly dim: number;
  /** Vectors of a call. */
  readonly batch: number;
}

const MOMENTUM = 0.9;

const weightsOf = ({ probes, classes, dim }: ProbeShape): NamedSpecs => ({
  weight: float32(probes, classes, dim),
  bias: float32(probes, classes),
});

/**
 * One step of SGD with momentum .9 and no decay. The gradient of the cross-entropy is written out: the softmax less the target.
 * Inputs: `vectors` [batch, dim]; `targets` [batch, classes], one-hot, with rows of zeros behind the last vector of a short batch;
 * `share`, 1 / vectors; `lr` [probes]. Output `loss` [probes], the mean over the vectors before the step.
 */
export const probeStepProgram = (shape: ProbeShape): Program => ({
  name: 'linear probe, step',
  identity: JSON.stringify(shape),
  state: { ...weightsOf(shape), ...suffixed(weightsOf(shape)) },
  inputs: {
    vectors: float32(shape.batch, shape.dim),
    targets: float32(shape.batch, shape.classes),
    share: float32(),
    lr: float32(shape.probes),
  },
  body: (state, inputs) => {
    const { probes, classes, dim, batch } = shape;
    const [vectors, share] = [named<tf.Tensor2D>(inputs, 'vectors'), named<tf.Scalar>(inputs, 'share')];
    const targets = tf.reshape(named(inputs, 'targets'), [batch, 1, classes]);
    const isThere = tf.sum(targets, 2, true);
    const shifted = shiftedLogits(state, vectors, shape);
    const exponentials = tf.exp(shifted);
    const sums = tf.sum(exponentials, 2, true);
    const probabilities = tf.div(exponentials, sums);
    const logProbabilities = tf.sub(shifted, tf.log(sums));
    const loss = tf.neg(tf.mul(tf.sum(tf.sum(tf.mul(targets, logProbabilities), 2), 0), share));
    const gradient = tf.mul(tf.sub(tf.mul(probabilities, isThere), targets), share);
    const ofWeight = tf.matMul(tf.reshape(gradient, [batch, probes * classes]), vectors, true, false);
    const gradients: NamedTensors = { weight: tf.reshape(ofWeight, [probes, classes, dim]), bias: tf.sum(gradient, 0) };
    const after = Object.entries(gradients).map(([name, value]) => {
      const parameter = named(state, name);
      const lr = tf.reshape(named(inputs, 'lr'), [probes, ...parameter.shape.slice(1).map(() => 1)]);
      const momentum = tf.add(tf.mul(named(state, `${name}.momentum`), MOMENTUM), value);
      return { [name]: tf.sub(parameter, tf.mul(lr, momentum)), [`${name}.momentum`]: momentum };
    });
    return { state: Object.assign({}, ...after) as NamedTensors, outputs: { loss } };
  },
});

/** Input `vectors` [batch, dim]; output `logits` [batch, probes, classes]. The state is a part of the step's. */
export const probeLogitsProgram = (shape: ProbeShape): Program => ({
  name: 'linear probe, logits',
  identity: JSON.stringify(shape),
  state: weightsOf(shape),
  inputs: { vectors: float32(shape.batch, shape.dim) },
  body: (state, inputs) => ({
    state: {},
    outputs: { logits: logitsOf(state, named<tf.Tensor2D>(inputs, 'vectors'), shape) },
  }),
});

function logitsOf(state: NamedTensors, vectors: tf.Tensor2D, { probes, classes, dim, batch }: ProbeShape): tf.Tensor3D {
  const weight: tf.Tensor2D = tf.reshape(named(state, 'weight'), [probes * classes, dim]);
  const products = tf.reshape(tf.matMul(vectors, weight, false, true), [batch, probes, classes]);
  return tf.add(products, tf.reshape(named(state, 'bias'), [1, probes, classes]));
}

/** Less the largest of each, so that no exponential overflows. */
function shiftedLogits(state: NamedTensors, vectors: tf.Tensor2D, shape: ProbeShape): tf.Tensor3D {
  const logits = logitsOf(state, vectors, shape);
  return tf.sub(logits, tf.max(logits, 2, true));
}

const suffixed = (specs: NamedSpecs): NamedSpecs =>
  Object.fromEntries(Object.entries(specs).map(([name, spec]) => [`${name}.momentum`, spec]));

/** Weights from a normal distribution of .01, biases 0, as in the original: the same for each of the classifiers. */
export function initialProbes(shape: Omit<ProbeShape, 'batch'>, seed: number): NamedHostTensors {
  const { probes, classes, dim } = shape;
  const generator = xoroshiro128plus(seed);
  const draw = drawer(normal(0.01), () => (generator.next() >>> 0) / 2 ** 32);
  const one = Float32Array.from({ length: classes * dim }, draw);
  const weight = new Float32Array(probes * one.length);
  for (let probe = 0; probe < probes; probe++) weight.set(one, probe * one.length);
  return probesOf(shape, weight, new Float32Array(probes * classes));
}

/** Without momentum, as before the first step. */
export const probesOf = (
  { probes, classes, dim }: Omit<ProbeShape, 'batch'>,
  weight: Float32Array,
  bias: Float32Array,
): NamedHostTensors => ({
  weight: { shape: [probes, classes, dim], dtype: 'float32', data: weight },
  bias: { shape: [probes, classes], dtype: 'float32', data: bias },
  'weight.momentum': { shape: [probes, classes, dim], dtype: 'float32', data: new Float32Array(weight.length) },
  'bias.momentum': { shape: [probes, classes], dtype: 'float32', data: new Float32Array(bias.length) },
});
