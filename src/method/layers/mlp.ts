import * as tf from '@tensorflow/tfjs-core';
import { substitution } from '../../program/substitution.js';
import { linear } from './linear.js';
import { mlpWithFoldedGelu } from './mlpWithFoldedGelu.js';
import type { Linear } from './parametersOfLayers.js';

/** The exact GELU, not the tanh approximation: x times the normal distribution's cumulative function at x. Any shape. */
export const gelu = <T extends tf.Tensor>(x: T): T =>
  tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)) as T;

/** Linear layers with GELU between them, [rows, in] -> [rows, out]. */
const plainMlp = (x: tf.Tensor2D, layers: readonly Linear[]): tf.Tensor2D =>
  layers.reduce((rows, layer, index) => linear(index === 0 ? rows : gelu(rows), layer), x);

export const mlp = substitution(plainMlp, mlpWithFoldedGelu);
