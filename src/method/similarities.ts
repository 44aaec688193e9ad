/** Products of many feature vectors with many others, as a program. */
import * as tf from '@tensorflow/tfjs-core';
import { named } from '../program/lookup.js';
import { float32, type Program } from '../program/program.js';

/** State `train` [rows, dim], input `queries` [batch, dim], output `similarities` [batch, rows]. */
export const similaritiesProgram = (rows: number, dim: number, batch: number): Program => ({
  name: 'similarities',
  identity: '',
  state: { train: float32(rows, dim) },
  inputs: { queries: float32(batch, dim) },
  body: (state, inputs) => ({
    state: {},
    outputs: {
      similarities: tf.matMul(named<tf.Tensor2D>(inputs, 'queries'), named<tf.Tensor2D>(state, 'train'), false, true),
    },
  }),
});
