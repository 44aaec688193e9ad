import * as tf from '@tensorflow/tfjs-core';
import { composite } from '../../program/composite.js';

const take = composite<{ x: tf.Tensor2D; index: tf.Tensor1D }, Record<string, never>>('TakeRows', ({ x, index }) => [
  tf.gather(x, index),
]);

const add = composite<{ x: tf.Tensor2D; index: tf.Tensor1D }, { readonly rows: number }>(
  'AddRows',
  ({ x, index }, { rows }) => [tf.unsortedSegmentSum(x, index, rows)],
);

/**
 * Some rows of x [rows, dim], by their numbers: [taken, dim]. The same row may be taken several times: its gradient is the sum of theirs.
 * @param index whole numbers from 0 to below `rows`, as floats, [taken]
 */
export function takenRows(x: tf.Tensor2D, index: tf.Tensor1D): tf.Tensor2D {
  const [rows] = x.shape;
  const places = tf.cast(index, 'int32');
  const op = tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([places]);
    return {
      value: take({ x: x as tf.Tensor2D, index: places }, {})[0] as tf.Tensor2D,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        add({ x: dy as tf.Tensor2D, index: saved[0] as tf.Tensor1D }, { rows })[0] as tf.Tensor2D,
    };
  });
  return op(x) as tf.Tensor2D;
}
