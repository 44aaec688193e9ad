import * as tf from '@tensorflow/tfjs-core';

/**
 * The teacher's distributions: its logits, centered and sharpened by the temperature (main_dino.py, `DINOLoss.forward`).
 * @param logits [views * batch, K], crop-major
 * @param center [1, K]
 * @returns [views, batch, K]
 */
export function centeredDistributions(
  logits: tf.Tensor2D,
  center: tf.Tensor,
  temperature: tf.Scalar,
  views = 2,
): tf.Tensor3D {
  const [rows, prototypes] = logits.shape;
  const centered = tf.mul(tf.sub(logits, center), tf.div(1, temperature));
  return tf.reshape(tf.softmax(centered), [views, rows / views, prototypes]);
}

/**
 * The center after a step: an exponential moving average of the mean of the raw teacher logits, both [1, K].
 * @param share of the new mean: 1 - center_momentum
 */
export const nextCenter = (center: tf.Tensor, meanLogits: tf.Tensor, share: number | tf.Scalar): tf.Tensor2D =>
  tf.add(center, tf.mul(tf.sub(meanLogits, center), share));
