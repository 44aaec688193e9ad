import * as tf from '@tensorflow/tfjs-core';
import { weightedCrossEntropy } from './weightedCrossEntropy.js';

/**
 * The cross-entropy of masked patches with what the teacher, which sees them, makes of the same patches (iBOT, arXiv 2111.07832;
 * ibot_patch_loss.py of DINOv2, `forward_masked`).
 * @param logits the student's, [patches, K]
 * @param teacher its distributions, [patches, K], taken as constants
 * @param weights of each patch, [patches]: 1 / the masked patches of its crop, 0 where there is none
 * @param crops all global crops, masked or not, over which the loss is averaged
 */
export function ibotLoss(
  logits: tf.Tensor2D,
  teacher: tf.Tensor2D,
  weights: tf.Tensor1D,
  { temperature, crops }: { readonly temperature: number; readonly crops: number },
): tf.Scalar {
  const one = (x: tf.Tensor2D): tf.Tensor3D => tf.expandDims(x, 0);
  return weightedCrossEntropy(
    { logits: one(logits), targets: one(teacher), weights: tf.mul<tf.Tensor1D>(weights, 1 / crops) },
    temperature,
  );
}
