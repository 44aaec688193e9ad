import * as tf from '@tensorflow/tfjs-core';
import { preciseMatMul } from '../../layers/preciseProduct.js';
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
  const own = picking(picked, tf.reshape(rows, [batch, length * dim]), false);
  const made = branch({ rows: tf.reshape(own, [kept * length, dim]), batch: kept, length });
  const all = base(tokens);
  const back = picking(tf.mul(picked, batch / kept), tf.reshape(made, [kept, made.size / kept]), true);
  return tf.add(all, tf.reshape(back, all.shape));
}

/** `picked` x, or with `back` its transpose: the gradient goes the other way. */
function picking(picked: tf.Tensor2D, x: tf.Tensor2D, back: boolean): tf.Tensor2D {
  const op = tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([picked]);
    return {
      value: preciseMatMul(picked, x as tf.Tensor2D, { transposeA: back }),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        preciseMatMul(saved[0] as tf.Tensor2D, dy as tf.Tensor2D, { transposeA: !back }),
    };
  });
  return op(x) as tf.Tensor2D;
}
