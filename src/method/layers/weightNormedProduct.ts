import * as tf from '@tensorflow/tfjs-core';
import { substitution } from '../../program/substitution.js';
import { normalizeRows } from './normalizeRows.js';
import { preciseProduct } from './preciseProduct.js';
import { scaledAfterwards } from './scaledAfterwards.js';

/**
 * A weight-normed linear layer without bias (`nn.utils.weight_norm`): x times the rows of `directions`, each scaled to the length that
 * `lengths` gives it.
 * @param x [rows, in]
 * @param directions [out, in], `weight_v`
 * @param lengths [out, 1], `weight_g`
 * @returns [rows, out], in float32 whatever the precision of the engine, see {@link preciseProduct}
 */
const plainProduct = (x: tf.Tensor2D, directions: tf.Tensor2D, lengths: tf.Tensor2D): tf.Tensor2D =>
  preciseProduct(x, tf.mul(normalizeRows(directions), lengths));

export const weightNormedProduct = substitution(plainProduct, (x, directions, lengths) => {
  const [rows, width] = x.shape;
  return rows <= width / 2 ? scaledAfterwards(x, directions, lengths) : plainProduct(x, directions, lengths);
});
