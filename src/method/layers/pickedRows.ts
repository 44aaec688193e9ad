import * as tf from '@tensorflow/tfjs-core';
import { preciseMatMul } from './preciseProduct.js';

/**
 * `picks` x, or with `back` its transpose: rows that are taken, or put back. In float32 on every engine: a 1 among zeros copies a row
 * exactly. `picks` has no gradient; that of x goes the other way.
 * @param picks [picked, rows], each row with a single 1, or the difference of two such
 */
export function pickedRows(picks: tf.Tensor2D, x: tf.Tensor2D, back = false): tf.Tensor2D {
  const op = tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([picks]);
    return {
      value: preciseMatMul(picks, x as tf.Tensor2D, { transposeA: back }),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        preciseMatMul(saved[0] as tf.Tensor2D, dy as tf.Tensor2D, { transposeA: !back }),
    };
  });
  return op(x) as tf.Tensor2D;
}
