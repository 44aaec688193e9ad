/** The feature vectors that are most similar to others, as a program. */
import * as tf from '@tensorflow/tfjs-core';
import { named } from '../program/lookup.js';
import { float32, type Program } from '../program/program.js';

/**
 * State `train` [rows, dim], input `queries` [batch, dim]. For each query the `count` rows with the largest products, largest first:
 * outputs `similarities` [batch, count] and `rows` [batch, count].
 */
export const nearestProgram = (rows: number, dim: number, batch: number, count: number): Program => ({
  name: 'nearest',
  identity: `${count}`,
  state: { train: float32(rows, dim) },
  inputs: { queries: float32(batch, dim) },
  body: (state, inputs) => {
    const all = tf.matMul(named<tf.Tensor2D>(inputs, 'queries'), named<tf.Tensor2D>(state, 'train'), false, true);
    const { values, indices } = tf.topk(all, count);
    return { state: {}, outputs: { similarities: values, rows: indices } };
  },
});
