/** What tells a healthy run from a collapsed one; nothing here is trained on. */
import * as tf from '@tensorflow/tfjs-core';

/** Mean entropy of the distributions [views, batch, K], in nats: 0 is collapse to one prototype, ln K to uniform. */
export function meanEntropy(distributions: tf.Tensor3D): tf.Scalar {
  const [views, batch] = distributions.shape;
  return tf.mul(sumOfLogarithms(distributions), -1 / (views * batch));
}

/** The same of [rows, K], of which those that do not count are 0. */
export const meanEntropyOfCounted = (distributions: tf.Tensor2D): tf.Scalar =>
  tf.neg(tf.div(sumOfLogarithms(distributions), tf.maximum(tf.sum(distributions), 1))) as tf.Scalar;

/** p ln p is 0 at p = 0; the floor keeps the logarithm finite there. */
const sumOfLogarithms = (distributions: tf.Tensor): tf.Scalar =>
  tf.sum(tf.mul(distributions, tf.log(tf.maximum(distributions, 1e-30))));

/**
 * Standard deviation over the batch of the L2-normed features, averaged over dimensions: about 1/sqrt(dim) when healthy, 0 when collapsed.
 * Of several devices it is up to 0.0005 / sqrt(dim) too large when collapsed: squares that hardly differ are rounded.
 * @param features this device's
 * @param agreed a value's mean over the devices that share the batch
 */
export function featureSpread(
  features: tf.Tensor2D,
  agreed: <T extends tf.Tensor>(own: T) => T = (own) => own,
): tf.Scalar {
  const lengths = tf.sqrt(tf.add(tf.sum(tf.square(features), 1, true), 1e-24));
  const unit = tf.div(features, lengths);
  const own = tf.mean(unit, 0);
  const within = agreed(tf.mean(tf.square(tf.sub(unit, own)), 0));
  // The variance of the devices' means: of a single device exactly 0.
  const between = tf.sub(agreed(tf.square(own)), tf.square(agreed(own)));
  return tf.mean(tf.sqrt(tf.add(within, tf.maximum(between, 0))));
}

/**
 * The perplexity of the mean distribution: how many prototypes are used, from 1 to K.
 * @param distributions [rows, K], of which those that do not count are 0
 */
export function perplexity(distributions: tf.Tensor2D): tf.Scalar {
  const used = tf.sum(distributions, 0);
  const shares = tf.div(used, tf.maximum(tf.sum(used), 1));
  return tf.exp(tf.neg(sumOfLogarithms(shares)));
}
