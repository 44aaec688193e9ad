import * as tf from '@tensorflow/tfjs-core';
import { linear } from './linear.js';
import type { Linear } from './parametersOfLayers.js';

/**
 * u (1 + erf u), any shape: with u = x / sqrt 2 this is sqrt 2 times the exact GELU (not the tanh approximation) of x.
 *
 * The gradient is written out: 1 + erf u is kept from the way forward, and the density's factor goes into the exponent.
 */
function scaledGelu<T extends tf.Tensor>(u: T): T {
  const op = tf.customGrad((u, save) => {
    const twiceCumulative = tf.add(tf.erf(u as tf.Tensor), 1);
    (save as tf.GradSaveFunc)([u as tf.Tensor, twiceCumulative]);
    return {
      value: tf.mul(u as tf.Tensor, twiceCumulative),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [u, twiceCumulative] = saved as [tf.Tensor, tf.Tensor];
        const density = tf.exp(tf.sub(Math.log(2 / Math.sqrt(Math.PI)), tf.mul(u, u)));
        return tf.mul(dy, tf.add(twiceCumulative, tf.mul(u, density)));
      },
    };
  });
  return op(u) as T;
}

/**
 * Linear layers with GELU between them, [rows, in] -> [rows, out].
 *
 * GELU's two factors 1 / sqrt 2 are multiplied into the layers before and after it: one pass over a matrix each, instead of
 * one over all rows.
 */
export function mlpWithFoldedGelu(x: tf.Tensor2D, layers: readonly Linear[]): tf.Tensor2D {
  return layers.reduce((rows, { weight, bias }, index) => {
    const isFirst = index === 0;
    const isLast = index === layers.length - 1;
    const out = isLast ? 1 : Math.SQRT1_2;
    const scaled: Linear = {
      weight: tf.mul(weight, isFirst ? out : out * Math.SQRT1_2),
      ...(bias && { bias: tf.mul(bias, out) }),
    };
    return linear(isFirst ? rows : scaledGelu(rows), scaled);
  }, x);
}
