/** AdamW with PyTorch's arithmetic and defaults (betas .9 and .999, eps 1e-8). */
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from './optimizer.js';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/**
 * decay: 1 - lr * weight decay; gradient1, gradient2: 1 - beta; stepSize: lr * sqrt(1 - beta2^t) / (1 - beta1^t);
 * epsilon: eps * sqrt(1 - beta2^t).
 */
type Coefficient = 'decay' | 'beta1' | 'beta2' | 'gradient1' | 'gradient2' | 'stepSize' | 'epsilon';

export const adamw = {
  name: 'adamw' as const,
  moments: ['exp_avg', 'exp_avg_sq'],
  coefficients: ({ lr, weightDecay, updates }) => {
    const correction1 = 1 - BETA1 ** updates;
    const correction2 = Math.sqrt(1 - BETA2 ** updates);
    return {
      decay: 1 - lr * weightDecay,
      beta1: BETA1,
      beta2: BETA2,
      gradient1: 1 - BETA1,
      gradient2: 1 - BETA2,
      stepSize: (lr * correction2) / correction1,
      epsilon: EPSILON * correction2,
    };
  },
  frozen: { decay: 1, beta1: 1, beta2: 1, gradient1: 0, gradient2: 0, stepSize: 0, epsilon: 1 },
  update: ({ parameter, gradient, gradientScale, moments }, at) => {
    const average = tf.add(tf.mul(moments.exp_avg, at.beta1), tf.mul(gradient, tf.mul(gradientScale, at.gradient1)));
    const averageSquare = tf.add(
      tf.mul(moments.exp_avg_sq, at.beta2),
      tf.mul(tf.mul(gradient, gradient), tf.mul(tf.square(gradientScale), at.gradient2)),
    );
    const direction = tf.div(average, tf.add(tf.sqrt(averageSquare), at.epsilon));
    return {
      parameter: tf.sub(tf.mul(parameter, at.decay), tf.mul(direction, at.stepSize)),
      moments: { exp_avg: average, exp_avg_sq: averageSquare },
    };
  },
} satisfies Optimizer<'exp_avg' | 'exp_avg_sq', Coefficient>;
