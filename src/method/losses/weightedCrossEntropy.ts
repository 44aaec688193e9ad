import * as tf from '@tensorflow/tfjs-core';
import { substitution } from '../../program/substitution.js';
import { weightedCrossEntropyInClosedForm } from './weightedCrossEntropyInClosedForm.js';

export interface Pairs {
  /** The student's, [views, rows, K]. */
  readonly logits: tf.Tensor3D;
  /** The teacher's distributions, or sums of them, [views or 1, rows, K]: a single view is the target of all. Taken as constants. */
  readonly targets: tf.Tensor3D;
  /** What each cross-entropy counts, [rows], or a number for all. */
  readonly weights: tf.Tensor1D | number;
}

function plainWeightedCrossEntropy({ logits, targets, weights }: Pairs, temperature: number): tf.Scalar {
  const ofRows = tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(tf.div(logits, temperature))), 2));
  return tf.sum(tf.mul(ofRows, weights));
}

/** The weighted sum of the cross-entropies of the student's outputs, divided by `temperature`, with their targets. */
export const weightedCrossEntropy = substitution(plainWeightedCrossEntropy, weightedCrossEntropyInClosedForm);
