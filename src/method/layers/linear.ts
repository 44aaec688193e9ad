import * as tf from '@tensorflow/tfjs-core';
import { composite } from '../../program/composite.js';
import type { Linear } from './parametersOfLayers.js';

const affine = composite<{ x: tf.Tensor2D; weight: tf.Tensor2D; bias: tf.Tensor1D }, Record<string, never>>(
  'Linear',
  ({ x, weight, bias }) => [tf.add(tf.matMul(x, weight, false, true), bias)],
);

/** x [rows, in] -> x weightᵀ + bias [rows, out]. */
export function linear(x: tf.Tensor2D, { weight, bias }: Linear): tf.Tensor2D {
  if (bias === undefined) return tf.matMul(x, weight, false, true);
  const op = tf.customGrad((x, weight, bias, save) => {
    const [y] = affine({ x: x as tf.Tensor2D, weight: weight as tf.Tensor2D, bias: bias as tf.Tensor1D }, {}) as [
      tf.Tensor2D,
    ];
    (save as tf.GradSaveFunc)([x as tf.Tensor2D, weight as tf.Tensor2D]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, weight] = saved as [tf.Tensor2D, tf.Tensor2D];
        const dy2 = dy as tf.Tensor2D;
        return [tf.matMul(dy2, weight), tf.matMul(dy2, x, true, false), tf.sum(dy2, 0)];
      },
    };
  });
  return op(x, weight, bias) as tf.Tensor2D;
}
