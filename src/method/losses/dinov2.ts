/** DINO's loss in the two terms that DINOv2 weighs (ssl_meta_arch.py, `forward_backward`; dino_clstoken_loss.py). */
import * as tf from '@tensorflow/tfjs-core';
import { weightedCrossEntropy } from './weightedCrossEntropy.js';

/** How many terms both losses are divided by: two of the global crops, and two of each local crop, or one where there is none. */
export const termsOf = (localCrops: number): number => 2 + Math.max(2 * localCrops, 1);

/**
 * Each global crop of an image against the teacher's view of the other one.
 * @param logits the student's, [2, batch, K]
 * @param teacher its distributions, [2, batch, K], taken as constants
 */
export function dinoGlobalLoss(
  logits: tf.Tensor3D,
  teacher: tf.Tensor3D,
  temperature: number,
  localCrops: number,
): tf.Scalar {
  const [views, batch] = logits.shape;
  const [first, second] = tf.unstack(teacher) as [tf.Tensor2D, tf.Tensor2D];
  const targets = tf.stack([second, first]) as tf.Tensor3D;
  // The mean over both views, counted twice.
  const weights = 2 / (views * batch * termsOf(localCrops));
  return weightedCrossEntropy({ logits, targets, weights }, temperature);
}

/**
 * Each local crop against both views of the teacher.
 * @param logits the student's, [local crops, batch, K]
 */
export function dinoLocalLoss(logits: tf.Tensor3D, teacher: tf.Tensor3D, temperature: number): tf.Scalar {
  const [localCrops, batch] = logits.shape;
  // Both views meet a crop as their sum alone.
  const targets = tf.sum<tf.Tensor3D>(teacher, 0, true);
  return weightedCrossEntropy({ logits, targets, weights: 1 / (batch * termsOf(localCrops)) }, temperature);
}
