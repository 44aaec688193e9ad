import * as tf from '@tensorflow/tfjs-core';
import type { Linear } from './parametersOfLayers.js';

/** The layer that gives `linear` times `gains` [out], a pass over a matrix instead of one over all rows. */
export const scaleOutputs = ({ weight, bias }: Linear, gains: tf.Tensor1D): Linear => ({
  weight: tf.mul(weight, tf.reshape(gains, [-1, 1])),
  ...(bias && { bias: tf.mul(bias, gains) }),
});
