/** LARS (You et al. 2017, arXiv 1708.03888) as the original has it (utils.py, `LARS`). */
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer } from './optimizer.js';
import { FROZEN_MOMENTUM, type MomentumCoefficient, momentumCoefficients } from './sgd.js';
import { squaredNorm } from './squaredNorm.js';

/** Trust coefficient (`eta`). */
const TRUST = 0.001;

const norm = (x: tf.Tensor): tf.Scalar => tf.sqrt(squaredNorm(x));

/** 1 for what is above 0, 0 for 0: the norm of a tensor that is not 0 in float32 is above 1e-23. */
const isAboveZero = (length: tf.Scalar): tf.Scalar => tf.minimum(tf.mul(length, 1e30), 1);

/** `eta` |weight| / |gradient|; 1 where either is 0. */
function trustRatio(parameter: tf.Tensor, gradient: tf.Tensor): tf.Scalar {
  const [weight, length] = [norm(parameter), norm(gradient)];
  const isUsable: tf.Scalar = tf.mul(isAboveZero(weight), isAboveZero(length));
  const ratio = tf.div(tf.mul(weight, TRUST), tf.maximum(length, 1e-30));
  return tf.add(tf.mul(ratio, isUsable), tf.sub(1, isUsable));
}

/** One-dimensional parameters get neither decay nor ratio: plain momentum. */
const isScaled = (parameter: tf.Tensor): boolean => parameter.rank > 1;

export const lars: Optimizer<'mu', MomentumCoefficient> = {
  name: 'lars',
  moments: ['mu'],
  coefficients: momentumCoefficients,
  frozen: FROZEN_MOMENTUM,
  update: ({ parameter, gradient, gradientScale, moments }, at) => {
    const own = tf.mul(gradient, gradientScale);
    const decayed = isScaled(parameter) ? tf.add(own, tf.mul(parameter, at.weightDecay)) : own;
    const scaled = isScaled(parameter) ? tf.mul(decayed, trustRatio(parameter, decayed)) : decayed;
    const mu = tf.add(tf.mul(moments.mu, at.momentum), tf.mul(scaled, at.gradient));
    return { parameter: tf.sub(parameter, tf.mul(mu, at.lr)), moments: { mu } };
  },
};
