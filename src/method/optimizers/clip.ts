import * as tf from '@tensorflow/tfjs-core';

/** What a gradient of this norm is multiplied by so that its norm is at most `limit` (utils.py, `clip_gradients`). */
export const clipScale = (norm: tf.Scalar, limit: number): tf.Scalar =>
  tf.minimum(tf.div(limit, tf.add(norm, 1e-6)), 1) as tf.Scalar;
