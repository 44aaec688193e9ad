import * as tf from '@tensorflow/tfjs-core';
import { normalizeRows } from '../layers/normalizeRows.js';
import { pickedRows } from '../layers/pickedRows.js';
import { preciseMatMul } from '../layers/preciseProduct.js';

/** What keeps the logarithm, and the direction between two equal features, finite. */
const EPSILON = 1e-8;
/** Below every cosine: what an image's own feature counts as. */
const NEVER = -2;

/**
 * Spreads the features of a batch: minus the mean logarithm of each one's distance to its nearest neighbor (Sablayrolles et al. 2019,
 * arXiv 1806.03198; koleo_loss.py of DINOv2).
 * @param features [images, dim], of at least two images
 */
export function koleoLoss(features: tf.Tensor2D): tf.Scalar {
  const distances = neighborDistances(features);
  return tf.neg(tf.mean(tf.log(tf.add(distances, EPSILON))) as tf.Scalar);
}

/** How far each image's feature, scaled to length 1, is from the nearest other one, from 0 to 2. [images] */
export function neighborDistances(features: tf.Tensor2D): tf.Tensor1D {
  const unit = normalizeRows(features, EPSILON);
  // One product for the difference: of two equal features it is 0 to the last bit, whatever an engine fuses.
  const toNeighbor = tf.sub<tf.Tensor2D>(tf.eye(features.shape[0]), nearestOther(unit));
  const difference = tf.add(pickedRows(toNeighbor, unit), EPSILON);
  return tf.reshape(lengths(difference), [features.shape[0]]);
}

const lengths = (rows: tf.Tensor): tf.Tensor => tf.sqrt(tf.sum(tf.mul(rows, rows), 1, true));

/**
 * Which other row has the largest product with each one, the first of several: [rows, rows], each with a single 1. A choice: it has no
 * gradient.
 */
function nearestOther(unit: tf.Tensor2D): tf.Tensor2D {
  const rows = unit.shape[0];
  const self = tf.eye(rows);
  // Features that differ little must not become equal neighbors by the rounding of a lower precision.
  const products = preciseMatMul(unit, unit, { transposeB: true });
  const others = tf.add(tf.mul(products, tf.sub(1, self)), tf.mul(self, NEVER));
  const isNearest: tf.Tensor2D = tf.sub(1, tf.step(tf.sub(tf.max(others, 1, true), others)));
  const before = tf.tensor2d(
    Float32Array.from({ length: rows * rows }, (_, at) => (Math.floor(at / rows) < at % rows ? 1 : 0)),
    [rows, rows],
  );
  return tf.mul(isNearest, tf.sub(1, tf.step(tf.matMul(isNearest, before))));
}
