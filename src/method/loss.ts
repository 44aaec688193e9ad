import * as tf from '@tensorflow/tfjs-core';

/** Teacher distributions [2, batch, K]: centered, sharpened by the temperature (a scalar tensor). */
export function teacherDistributions(logits: tf.Tensor2D, center: tf.Tensor, temperature: tf.Scalar): tf.Tensor3D {
  const [rows, prototypes] = logits.shape;
  const centered = tf.mul(tf.sub(logits, center), tf.div(1, temperature));
  return tf.reshape(tf.softmax(centered), [2, rows / 2, prototypes]);
}

/**
 * The cross-entropies of all (teacher view, student view) pairs but the ones of the same view, averaged (main_dino.py, `DINOLoss`).
 *
 * @param logits student's, [views * batch, K], crop-major, the two globals first
 * @param teacher distributions [2, batch, K], taken as constants
 *
 * The teacher's views meet a student's view only as a sum, so the target of global 0 is the teacher's view 1, that of
 * global 1 the teacher's view 0, and that of every local crop the sum of both: one pass over the logits serves all pairs.
 */
export function dinoLoss(logits: tf.Tensor2D, teacher: tf.Tensor3D, studentTemperature: number): tf.Scalar {
  const [, batch, prototypes] = teacher.shape;
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
  if (prototypes !== logits.shape[1]) throw new Error('Student and teacher have different numbers of prototypes.');
  return op(logits) as tf.Scalar;
}

/** Mean entropy of the distributions [2, batch, K], in nats: 0 is collapse to one prototype, ln K to uniform. */
export function meanEntropy(distributions: tf.Tensor3D): tf.Scalar {
  const [views, batch] = distributions.shape;
  // p ln p is 0 at p = 0; the floor keeps the logarithm finite there.
  const logarithms = tf.log(tf.maximum(distributions, 1e-30));
  return tf.mul(tf.sum(tf.mul(distributions, logarithms)), -1 / (views * batch));
}

/**
 * The center after a step: an exponential moving average of the mean of the raw teacher logits, both [1, K].
 * @param share of the new mean: 1 - center_momentum
 */
export function nextCenter(center: tf.Tensor2D, meanLogits: tf.Tensor2D, share: number | tf.Scalar): tf.Tensor2D {
  return tf.add(center, tf.mul(tf.sub(meanLogits, center), share));
}

/** Standard deviation over the batch of the L2-normed features, averaged over dimensions: about 1/sqrt(dim) when healthy, 0 when collapsed. */
export function featureSpread(features: tf.Tensor2D): tf.Scalar {
  const lengths = tf.sqrt(tf.add(tf.sum(tf.square(features), 1, true), 1e-24));
  const unit = tf.div(features, lengths);
  const centered = tf.sub(unit, tf.mean(unit, 0));
  return tf.mean(tf.sqrt(tf.mean(tf.square(centered), 0)));
}
