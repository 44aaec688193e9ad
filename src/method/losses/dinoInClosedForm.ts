import * as tf from '@tensorflow/tfjs-core';

/**
 * DINO's loss with its gradient written out.
 *
 * The teacher's views meet a student's view only as a sum, so the target of global 0 is the teacher's view 1, that of
 * global 1 the teacher's view 0, and that of every local crop the sum of both: one pass over the logits serves all pairs.
 */
export function dinoLossInClosedForm(logits: tf.Tensor2D, teacher: tf.Tensor3D, studentTemperature: number): tf.Scalar {
  const batch = teacher.shape[1];
  const views = logits.shape[0] / batch;
  const pairs = 2 * views - 2;
  const [first, second] = tf.unstack(teacher) as [tf.Tensor2D, tf.Tensor2D];
  const both: tf.Tensor2D = tf.add(first, second);
  const targets = tf.concat([second, first, ...new Array<tf.Tensor2D>(views - 2).fill(both)], 0);
  const mass = tf.tensor2d(new Float32Array(views * batch).fill(2).fill(1, 0, 2 * batch), [views * batch, 1]);
  const op = tf.customGrad((logits, save) => {
    const scaled = tf.mul(logits as tf.Tensor, 1 / studentTemperature);
    const shifted = tf.sub(scaled, tf.max(scaled, 1, true));
    const exponentials = tf.exp(shifted);
    const total = tf.sum(exponentials, 1, true);
    // -sum target * log softmax, row by row: mass * log(total) - sum target * shifted
    const perRow = tf.sub(tf.mul(mass, tf.log(total)), tf.sum(tf.mul(targets, shifted), 1, true));
    const weight = 1 / (pairs * batch);
    (save as tf.GradSaveFunc)([exponentials, total, targets, mass]);
    return {
      value: tf.mul(tf.sum(perRow), weight),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [exponentials, total, targets, mass] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        const probabilities = tf.mul(exponentials, tf.div(mass, total));
        return tf.mul(tf.sub(probabilities, targets), tf.mul(dy, weight / studentTemperature));
      },
    };
  });
  return op(logits) as tf.Scalar;
}
