import * as tf from '@tensorflow/tfjs-core';

const ITERATIONS = 3;
const LARGEST_EXPONENT = 60;

/**
 * The teacher's distributions under which every prototype is used as much as every other (Caron et al. 2020, arXiv 2006.09882;
 * dino_clstoken_loss.py of DINOv2, `sinkhorn_knopp_teacher`).
 *
 * The original also divides by the whole sum, by K and by the number of samples: the division of the rows, which ends each iteration,
 * undoes all that scales them alike.
 * @param logits [rows, K]
 * @param counted 1 for each row that counts, else 0, [rows]; when left out: all count
 * @returns [rows, K], of which each row that counts sums to 1 and the others are 0
 */
export function sinkhornKnopp(logits: tf.Tensor2D, temperature: tf.Scalar, counted?: tf.Tensor1D): tf.Tensor2D {
  const scaled: tf.Tensor2D = tf.div(logits, temperature);
  // A constant changes nothing: the largest exponential leaves room for sums of them, and 147 nats below it for the others.
  const exponentials = tf.exp(tf.add<tf.Tensor2D>(tf.sub(scaled, tf.max(scaled)), LARGEST_EXPONENT));
  let shares: tf.Tensor2D = exponentials;
  if (counted) shares = tf.mul(shares, tf.reshape(counted, [counted.size, 1]));
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    shares = tf.div(shares, sums(shares, 0));
    shares = tf.div(shares, sums(shares, 1));
  }
  return shares;
}

/** 1 in the place of 0: of a row that does not count, or a prototype whose exponentials all vanish. */
function sums(shares: tf.Tensor2D, axis: number): tf.Tensor {
  const sum = tf.sum(shares, axis, true);
  return tf.add(sum, tf.sub(1, tf.step(sum)));
}
