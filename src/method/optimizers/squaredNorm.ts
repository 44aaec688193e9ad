import * as tf from '@tensorflow/tfjs-core';
import { composite } from '../../program/composite.js';

const op = composite<{ x: tf.Tensor }, Record<string, never>>('SquaredNorm', ({ x }) => [tf.sum(tf.mul(x, x))]);

/** The sum of the squares of a tensor's elements. It has no gradient. */
export const squaredNorm = (x: tf.Tensor): tf.Scalar => op({ x }, {})[0] as tf.Scalar;
