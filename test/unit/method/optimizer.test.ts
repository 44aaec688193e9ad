import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import {
  type AdamWCoefficients,
  adamW,
  adamWCoefficients,
  clipScale,
  FROZEN,
  isDecayed,
} from '../../../src/method/optimizer.js';

const asScalars = (coefficients: AdamWCoefficients<number>) =>
  Object.fromEntries(
    Object.entries(coefficients).map(([name, value]) => [name, tf.scalar(value)]),
  ) as unknown as AdamWCoefficients<tf.Scalar>;

describe('AdamW', () => {
  beforeAll(useCpuBackend);

  it('walks as PyTorch does', () => {
    // torch.optim.AdamW's update (Loshchilov & Hutter 2019, algorithm 2) with lr .1 and decay .5, three steps of these gradients.
    const gradients = [0.3, -0.2, 0.05];
    let [w, m, v] = [1, 0, 0];
    let parameter: tf.Tensor = tf.scalar(1);
    let moments = { average: tf.scalar(0) as tf.Tensor, averageSquare: tf.scalar(0) as tf.Tensor };
    gradients.forEach((g, i) => {
      w -= 0.1 * 0.5 * w;
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      w -= (0.1 * (m / (1 - 0.9 ** (i + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8);
      const c = asScalars(adamWCoefficients(0.1, 0.5, i + 1));
      const { parameter: updated, ...rest } = adamW(parameter, tf.scalar(2 * g), tf.scalar(0.5), moments, c);
      [parameter, moments] = [updated, rest];
      expect(parameter.dataSync()[0]).toBeCloseTo(w, 6);
    });
  });

  it('takes a step of the size of the learning rate at first, however small the gradient', () => {
    const moments = { average: tf.scalar(0), averageSquare: tf.scalar(0) };
    for (const gradient of [1e-6, 1]) {
      const c = asScalars(adamWCoefficients(0.1, 0, 1));
      const { parameter } = adamW(tf.scalar(1), tf.scalar(gradient), tf.scalar(1), moments, c);
      expect(parameter.dataSync()[0]).toBeCloseTo(gradient < 1 ? 1 - 0.1 / 1.01 : 0.9, 5);
    }
  });

  it('changes nothing that is frozen', () => {
    const moments = { average: tf.scalar(0.2), averageSquare: tf.scalar(0.3) };
    const made = adamW(tf.scalar(0.7), tf.scalar(5), tf.scalar(1), moments, asScalars(FROZEN));
    const numbers = [made.parameter, made.average, made.averageSquare].map((tensor) => tensor.dataSync()[0]);
    expect(numbers).toEqual([0.7, 0.2, 0.3].map(Math.fround));
  });

  it('decays matrices and embeddings, not biases nor norms', () => {
    expect(isDecayed('blocks.0.mlp.fc1.weight', 2)).toBe(true);
    expect(isDecayed('pos_embed', 3)).toBe(true);
    expect(isDecayed('norm.weight', 1)).toBe(false);
    expect(isDecayed('blocks.0.mlp.fc1.bias', 1)).toBe(false);
    expect(isDecayed('relative.bias', 2)).toBe(false);
  });

  it('clips to the limit, and scales nothing up', () => {
    expect(clipScale(tf.scalar(6), 3).dataSync()[0]).toBeCloseTo(0.5, 6);
    expect(clipScale(tf.scalar(2), 3).dataSync()[0]).toBe(1);
    expect(clipScale(tf.scalar(0), 3).dataSync()[0]).toBe(1);
  });
});
