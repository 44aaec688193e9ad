/** SGD with momentum .9, as the original uses it: PyTorch's arithmetic, without dampening. */
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from './optimizer.js';

const MOMENTUM = 0.9;

/** A frozen parameter keeps its moment, takes nothing of its gradient, and moves by nothing. */
export const FROZEN_MOMENTUM = { momentum: 1, gradient: 0, weightDecay: 0, lr: 0 };

export type MomentumCoefficient = keyof typeof FROZEN_MOMENTUM;

export const momentumCoefficients = ({ lr, weightDecay }: { readonly lr: number; readonly weightDecay: number }) => ({
  momentum: MOMENTUM,
  gradient: 1,
  weightDecay,
  lr,
});

export const sgd: Optimizer<'momentum_buffer', MomentumCoefficient> = {
  name: 'sgd',
  moments: ['momentum_buffer'],
  coefficients: momentumCoefficients,
  frozen: FROZEN_MOMENTUM,
  update: ({ parameter, gradient, gradientScale, moments }, at) => {
    // The decay is part of the gradient. A frozen parameter's group has none.
    const decayed = tf.add(tf.mul(gradient, tf.mul(gradientScale, at.gradient)), tf.mul(parameter, at.weightDecay));
    const buffer = tf.add(tf.mul(moments.momentum_buffer, at.momentum), decayed);
    return { parameter: tf.sub(parameter, tf.mul(buffer, at.lr)), moments: { momentum_buffer: buffer } };
  },
};
