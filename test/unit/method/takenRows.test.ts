import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { takenRows } from '../../../src/method/layers/takenRows.js';
import { chosenPatches } from '../../../src/method/masks/chosenPatches.js';
import { listed } from '../../../src/method/masks/maskedCrops.js';
import { inPlainForms } from '../../../src/program/substitution.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';

beforeAll(useCpuBackend);

it('rows are taken by their numbers, and what is taken twice gets the gradient of both', () => {
  const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
  const index = tf.tensor1d([2, 0, 2]);
  expect([...takenRows(x, index).dataSync()]).toEqual([5, 6, 1, 2, 5, 6]);
  const weights = tf.tensor2d([1, 10, 2, 20, 3, 30], [3, 2]);
  const loss = (x: tf.Tensor): tf.Scalar => tf.sum(tf.mul(takenRows(x as tf.Tensor2D, index), weights));
  expect([...tf.grad(loss)(x).dataSync()]).toEqual([2, 20, 0, 0, 4, 40]);
});

describe('the patches that a head sees', () => {
  // Of two crops of three patches: one masked, two masked.
  const { masks, indices, weights } = listed(Uint8Array.from([0, 1, 0, 1, 0, 1]), 3, 5);
  const given = () => ({
    masks: tf.tensor2d(masks, [2, 3]),
    mask_indices_list: tf.tensor1d(indices),
    masks_weight: tf.tensor1d(weights),
  });
  const patches = () => tf.tensor3d([0, 1, 2, 3, 4, 5], [2, 3, 1]);
  const seen = () => {
    const { rows, weights, counted } = chosenPatches(given());
    return [rows(patches()), weights, counted].map((tensor) => [...tensor.dataSync()]);
  };

  it('are those that are masked, then others that count nothing', () => {
    expect(seen()).toEqual([
      [1, 3, 5, 0, 0],
      [1, 0.5, 0.5, 0, 0],
      [1, 1, 1, 0, 0],
    ]);
  });

  it('are in the plain form all of them', () => {
    expect(inPlainForms(seen)).toEqual([
      [0, 1, 2, 3, 4, 5],
      [0, 1, 0, 0.5, 0, 0.5],
      [0, 1, 0, 1, 0, 1],
    ]);
  });
});
