import * as tf from '@tensorflow/tfjs-core';
import type { Pairs } from './weightedCrossEntropy.js';

/** The weighted sum of cross-entropies with its gradient written out: one pass over the logits, which `K` makes large, each way. */
export function weightedCrossEntropyInClosedForm({ logits, targets, weights }: Pairs, temperature: number): tf.Scalar {
  const weight = typeof weights === 'number' ? tf.scalar(weights) : tf.reshape(weights, [1, weights.size, 1]);
  const op = tf.customGrad((logits, save) => {
    const scaled = tf.mul(logits as tf.Tensor, 1 / temperature);
    const shifted = tf.sub(scaled, tf.max(scaled, 2, true));
    const exponentials = tf.exp(shifted);
    const total = tf.sum(exponentials, 2, true);
    const mass = tf.sum(targets, 2, true);
    // -sum target * log softmax, row by row: mass * log(total) - sum target * shifted
    const ofRows = tf.sub(tf.mul(mass, tf.log(total)), tf.sum(tf.mul(targets, shifted), 2, true));
    (save as tf.GradSaveFunc)([exponentials, total, targets, mass, weight]);
    return {
      value: tf.sum(tf.mul(ofRows, weight)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [exponentials, total, targets, mass, weight] = saved as [
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
        ];
        const probabilities = tf.mul(exponentials, tf.div(mass, total));
        return tf.mul(tf.sub(probabilities, targets), tf.mul(weight, tf.mul(dy, 1 / temperature)));
      },
    };
  });
  return op(logits) as tf.Scalar;
}
