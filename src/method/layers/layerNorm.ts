import * as tf from '@tensorflow/tfjs-core';
import { composite } from '../../program/composite.js';
import type { Norm } from './parametersOfLayers.js';

/** The original's `partial(nn.LayerNorm, eps=1e-6)`. */
const EPSILON = 1e-6;

/** x [rows, dim] -> [(x - mean) / std, 1 / std [rows, 1]]. */
const standardize = composite<{ x: tf.Tensor2D }, { epsilon: number }>('Standardize', ({ x }, { epsilon }) => {
  const centered = tf.sub(x, tf.mean(x, 1, true));
  const inverseStd = tf.rsqrt(tf.add(tf.mean(tf.square(centered), 1, true), epsilon));
  return [tf.mul(centered, inverseStd), inverseStd];
});

/**
 * The part of LayerNorm without parameters: each row to mean 0 and variance 1. [rows, dim] -> [rows, dim].
 * @param epsilon is added to the variance
 *
 * The gradient is written out, since tfjs's tape would keep and re-read five intermediates where two do.
 */
export function standardizeRows(x: tf.Tensor2D, epsilon = EPSILON): tf.Tensor2D {
  const op = tf.customGrad((x, save) => {
    const [standardized, inverseStd] = standardize({ x: x as tf.Tensor2D }, { epsilon }) as [tf.Tensor2D, tf.Tensor2D];
    (save as tf.GradSaveFunc)([standardized, inverseStd]);
    return {
      value: standardized,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [y, inverse] = saved as [tf.Tensor2D, tf.Tensor2D];
        const along = tf.mean(tf.mul(dy, y), 1, true);
        const offset = tf.mean(dy, 1, true);
        return tf.mul(tf.sub(tf.sub(dy, tf.mul(y, along)), offset), inverse);
      },
    };
  });
  return op(x) as tf.Tensor2D;
}

/** LayerNorm of rows [rows, dim]. */
export const layerNorm = (x: tf.Tensor2D, { weight, bias }: Norm, epsilon = EPSILON): tf.Tensor2D =>
  tf.add(tf.mul(standardizeRows(x, epsilon), weight), bias);
