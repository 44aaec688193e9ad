/** Position embeddings resampled by the network's rule inside the program, so that one program takes any grid of patches. */
import * as tf from '@tensorflow/tfjs-core';
import type { PositionRule, VitSpec } from './spec.js';
import { patchesPerSide } from './spec.js';

/** A line of positions. */
export interface Line {
  /** Their numbers from 0, [count, 1]. */
  readonly numbers: tf.Tensor2D;
  /** How many there are, [], with the rule's offset where it applies. */
  readonly count: tf.Scalar;
}

/** [1, N (+ 1), dim] -> [rows * columns, dim]: as `patchPositions`, whose matrices `resamplingMatrix` makes. */
export function resampledPositions(vit: VitSpec, embedding: tf.Tensor3D, rows: Line, columns: Line): tf.Tensor2D {
  const side = patchesPerSide(vit, vit.imageSize);
  const dim = vit.embedDim;
  const [height, width] = [rows.numbers.shape[0], columns.numbers.shape[0]];
  const first = vit.positions.ofCls ? 1 : 0;
  const stored = tf.slice(embedding, [0, first, 0], [1, side * side, dim]);
  const tall = tf.matMul(resampling(vit.positions, side, rows), tf.reshape(stored, [side, side * dim]) as tf.Tensor2D);
  const byColumn = tf.reshape(tf.transpose(tf.reshape(tall, [height, side, dim]), [1, 0, 2]), [side, height * dim]);
  const wide = tf.matMul(resampling(vit.positions, side, columns), byColumn as tf.Tensor2D);
  return tf.reshape(tf.transpose(tf.reshape(wide, [width, height, dim]), [1, 0, 2]), [height * width, dim]);
}

/** The matrix [count, size] that resamples a line of `size` samples. */
function resampling({ antialias }: PositionRule, size: number, { numbers, count }: Line): tf.Tensor2D {
  const step = tf.div(size, count);
  // In samples, from the border of the first.
  const centers = tf.mul(tf.add(numbers, 0.5), step);
  if (antialias) {
    const distances = tf.abs(tf.sub(line(0, size, 0.5), centers));
    const weights: tf.Tensor2D = cubic(tf.div(distances, tf.maximum(step, 1)), -0.5);
    return tf.div(weights, tf.sum(weights, 1, true));
  }
  // Four samples, of which two may lie beyond the border, count: the border's stands for them.
  const distances = tf.abs(tf.sub(line(-BEYOND, size + 2 * BEYOND, 0.5), centers));
  return tf.matMul(cubic(distances as tf.Tensor2D, -0.75), ofBorders(size));
}

const BEYOND = 2;

/** [1, count]: numbers from `first` on, plus `offset`. */
const line = (first: number, count: number, offset: number): tf.Tensor2D =>
  tf.tensor2d(
    Array.from({ length: count }, (_, i) => first + i + offset),
    [1, count],
  );

/** [size + 4, size]: each sample is itself, each beyond the border the border's. */
function ofBorders(size: number): tf.Tensor2D {
  const matrix = new Float32Array((size + 2 * BEYOND) * size);
  for (let i = 0; i < size + 2 * BEYOND; i++) matrix[i * size + Math.min(Math.max(i - BEYOND, 0), size - 1)] = 1;
  return tf.tensor2d(matrix, [size + 2 * BEYOND, size]);
}

/** Keys' cubic convolution: two samples far at most. */
function cubic(x: tf.Tensor2D, a: number): tf.Tensor2D {
  const near = tf.add(tf.mul(tf.sub(tf.mul(x, a + 2), a + 3), tf.mul(x, x)), 1);
  const far = tf.sub(tf.mul(tf.add(tf.mul(tf.sub(tf.mul(x, a), 5 * a), x), 8 * a), x), 4 * a);
  const isNear = tf.step(tf.sub(1, x));
  const isFar = tf.sub(tf.step(tf.sub(2, x)), isNear);
  return tf.add(tf.mul(near, isNear), tf.mul(far, isFar));
}
