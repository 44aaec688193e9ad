/** Attention heads: the same numbers, by token and by head. */
import * as tf from '@tensorflow/tfjs-core';
import type { VitSpec } from './spec.js';

/** [batch * length, parts * dim] -> `parts` tensors [batch, heads, length, dim / heads]. */
export function splitHeads(
  vit: VitSpec,
  rows: tf.Tensor2D,
  batch: number,
  length: number,
  parts: number,
): tf.Tensor4D[] {
  const { numHeads, embedDim } = vit;
  const grid = tf.reshape(rows, [batch, length, parts, numHeads, embedDim / numHeads]);
  return tf.unstack(tf.transpose(grid, [2, 0, 3, 1, 4])) as tf.Tensor4D[];
}

/** [batch, heads, length, dim / heads] -> [batch * length, dim]. */
export function mergeHeads(heads: tf.Tensor4D): tf.Tensor2D {
  const [batch, numHeads, length, headDim] = heads.shape;
  return tf.reshape(tf.transpose(heads, [0, 2, 1, 3]), [batch * length, numHeads * headDim]);
}
