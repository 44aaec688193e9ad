import * as tf from '@tensorflow/tfjs-core';
import { composite } from './composite.js';

const exactGelu = composite<{ x: tf.Tensor }, Record<string, never>>('Gelu', ({ x }) => [
  tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
]);

/** x/2 (1 + erf(x/sqrt 2)): the exact GELU, not the tanh approximation. Any shape. */
export function gelu<T extends tf.Tensor>(x: T): T {
  const op = tf.customGrad((x, save) => {
    const [y] = exactGelu({ x: x as tf.Tensor }, {}) as [tf.Tensor];
    (save as tf.GradSaveFunc)([x as tf.Tensor]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x] = saved as [tf.Tensor];
        // d/dx = Phi(x) + x phi(x)
        const cumulative = tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5);
        const density = tf.exp(tf.mul(tf.mul(x, x), -0.5));
        const scaledX = tf.mul(x, 1 / Math.sqrt(2 * Math.PI));
        return tf.mul(dy, tf.add(cumulative, tf.mul(scaledX, density)));
      },
    };
  });
  return op(x) as T;
}
