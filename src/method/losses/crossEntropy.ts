import * as tf from '@tensorflow/tfjs-core';

/**
 * Cross-entropy with label smoothing, mean over the rows: a share of the target is spread evenly over all classes (timm's
 * `LabelSmoothingCrossEntropy`, PyTorch's `label_smoothing`).
 * @param logits, targets [rows, classes]; targets are 1 for the right class, else 0
 * @param smoothing the share, from 0 to below 1
 */
export function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor2D, smoothing: number): tf.Scalar {
  const smooth = tf.add(tf.mul(targets, 1 - smoothing), smoothing / logits.shape[1]);
  return tf.neg(tf.mean(tf.sum(tf.mul(smooth, tf.logSoftmax(logits)), 1)) as tf.Scalar);
}

/** Percent of the rows whose right class has the highest logit. */
export function top1(logits: tf.Tensor2D, targets: tf.Tensor2D): tf.Scalar {
  const own = tf.sum(tf.mul(logits, targets), 1);
  const isWrong = tf.step(tf.sub(tf.max(logits, 1), own));
  return tf.mul(tf.sub(1, tf.mean(isWrong)), 100);
}
