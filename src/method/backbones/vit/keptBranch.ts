import * as tf from '@tensorflow/tfjs-core';
import { pickedRows } from '../../layers/pickedRows.js';
import type { Base, Branch } from './droppedBranch.js';
import type { Tokens } from './tokens.js';

/**
 * The rows of `base` and a branch that is computed for the picked samples alone, times batch / kept. The samples are taken and put back by
 * products with `picked` [kept, batch], in float32 on every engine: a 1 among zeros copies a sample exactly.
 */
export function keptBranch(tokens: Tokens, branch: Branch, picked: tf.Tensor2D, base: Base): tf.Tensor2D {
  const [kept, batch] = picked.shape;
  const { rows, length } = tokens;
  const dim = rows.shape[1];
  const own = pickedRows(picked, tf.reshape(rows, [batch, length * dim]));
  const made = branch({ rows: tf.reshape(own, [kept * length, dim]), batch: kept, length });
  const all = base(tokens);
  const back = pickedRows(tf.mul(picked, batch / kept), tf.reshape(made, [kept, made.size / kept]), true);
  return tf.add(all, tf.reshape(back, all.shape));
}
