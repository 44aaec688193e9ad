/** What tells a healthy run from a collapsed one; nothing here is trained on. */
import * as tf from '@tensorflow/tfjs-core';

/** Mean entropy of the distributions [views, batch, K], in nats: 0 is collapse to one prototype, ln K to uniform. */
export function meanEntropy(distributions: tf.Tensor3D): tf.Scalar {
  const [views, batch] = distributions.shape;
  // p ln p is 0 at p = 0; the floor keeps the logarithm finite there.
  const logarithms = tf.log(tf.maximum(distributions, 1e-30));
  return tf.mul(tf.sum(tf.mul(distributions, logarithms)), -1 / (views * batch));
}

/** Standard deviation over the batch of the L2-normed features, averaged over dimensions: about 1/sqrt(dim) when healthy, 0 when collapsed. */
export function featureSpread(features: tf.Tensor2D): tf.Scalar {
  const lengths = tf.sqrt(tf.add(tf.sum(tf.square(features), 1, true), 1e-24));
  const unit = tf.div(features, lengths);
  const centered = tf.sub(unit, tf.mean(unit, 0));
  return tf.mean(tf.sqrt(tf.mean(tf.square(centered), 0)));
}
