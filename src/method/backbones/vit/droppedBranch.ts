import * as tf from '@tensorflow/tfjs-core';
import type { DropPathScales } from '../../backbone.js';

/** Which residual branch of a block. */
export const ATTENTION = 0;
export const MLP = 1;

/** What a residual branch of `block` adds, under stochastic depth. [batch * length, dim]. */
export function droppedBranch(
  y: tf.Tensor2D,
  dropPath: DropPathScales | undefined,
  block: number,
  branch: typeof ATTENTION | typeof MLP,
): tf.Tensor2D {
  // The first block's rate is 0 (linspace(0, rate, depth)).
  if (dropPath === undefined || block === 0) return y;
  const batch = dropPath.shape[2];
  const [rows, dim] = y.shape;
  const scales = tf.reshape(tf.slice(dropPath, [block, branch, 0], [1, 1, batch]), [batch, 1, 1]);
  return tf.reshape(tf.mul(tf.reshape(y, [batch, rows / batch, dim]), scales), [rows, dim]);
}
