import * as tf from '@tensorflow/tfjs-core';
import type { Linear, Norm } from './parametersOfLayers.js';

/**
 * The layer that gives `linear(layerNorm(x))` when it is given `standardizeRows(x)`: the norm's gain and shift are folded into the
 * linear layer's weights. The gain's gradient then costs a pass over the [out, dim] matrix instead of three over all rows.
 */
export function foldNorm(norm: Norm, linear: Linear): Required<Linear> {
  const shift: tf.Tensor1D = tf.reshape(tf.matMul(linear.weight, tf.reshape(norm.bias, [-1, 1])), [-1]);
  return { weight: tf.mul(linear.weight, norm.weight), bias: linear.bias ? tf.add(linear.bias, shift) : shift };
}
