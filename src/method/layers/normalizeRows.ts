import * as tf from '@tensorflow/tfjs-core';

/** PyTorch's `F.normalize` guards against rows of zeros with this. */
const LEAST_LENGTH = 1e-12;

/** Of each row, [rows, 1]. */
export const lengthsOf = (x: tf.Tensor2D, least = LEAST_LENGTH): tf.Tensor2D =>
  tf.maximum(tf.sqrt(tf.sum(tf.mul(x, x), 1, true)), least);

/**
 * Rows scaled to length 1 (rows of zeros stay zero). [rows, dim] -> [rows, dim].
 * @param epsilon the least length that a row counts as
 */
export function normalizeRows(x: tf.Tensor2D, epsilon = LEAST_LENGTH): tf.Tensor2D {
  const op = tf.customGrad((x, save) => {
    const length = lengthsOf(x as tf.Tensor2D, epsilon);
    const inverse = tf.div(1, length);
    const y = tf.mul(x as tf.Tensor, inverse);
    (save as tf.GradSaveFunc)([y, inverse]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [y, inverse] = saved as [tf.Tensor, tf.Tensor];
        const along = tf.sum(tf.mul(dy, y), 1, true);
        return tf.mul(tf.sub(dy, tf.mul(y, along)), inverse);
      },
    };
  });
  return op(x) as tf.Tensor2D;
}
