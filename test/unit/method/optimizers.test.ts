import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { adamw } from '../../../src/method/optimizers/adamw.js';
import { clipScale } from '../../../src/method/optimizers/clip.js';
import { isDecayed, ORIGINAL_GROUPS } from '../../../src/method/optimizers/groups.js';
import { OPTIMIZERS, type OptimizerName, optimizerOf } from '../../../src/method/optimizers/index.js';
import { lars } from '../../../src/method/optimizers/lars.js';
import type { Optimizer, UpdateOfGroup } from '../../../src/method/optimizers/optimizer.js';
import { sgd } from '../../../src/method/optimizers/sgd.js';
import { float32 } from '../../../src/program/program.js';

const scalars = (values: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, tf.scalar(value)]));

/** The parameter after each of the gradients, from moments of 0. The gradients are given twice as large, and scaled by a half. */
function walk(
  optimizer: Optimizer,
  start: tf.Tensor,
  gradients: readonly tf.Tensor[],
  group: Omit<UpdateOfGroup, 'updates'>,
): number[][] {
  let parameter = start;
  let moments: Readonly<Record<string, tf.Tensor>> = Object.fromEntries(
    optimizer.moments.map((name) => [name, tf.zerosLike(start)]),
  );
  return gradients.map((gradient, i) => {
    const given = { parameter, gradient: tf.mul(gradient, 2), gradientScale: tf.scalar(0.5), moments };
    ({ parameter, moments } = optimizer.update(given, scalars(optimizer.coefficients({ ...group, updates: i + 1 }))));
    return [...parameter.dataSync()];
  });
}

describe('The optimizers', () => {
  beforeAll(useCpuBackend);

  it('walk as PyTorch does: AdamW', () => {
    // torch.optim.AdamW's update (Loshchilov & Hutter 2019, algorithm 2) with lr .1 and decay .5, three steps of these gradients.
    const gradients = [0.3, -0.2, 0.05];
    let [w, m, v] = [1, 0, 0];
    const wanted = gradients.map((g, i) => {
      w -= 0.1 * 0.5 * w;
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      w -= (0.1 * (m / (1 - 0.9 ** (i + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8);
      return w;
    });
    const given = gradients.map((gradient) => tf.scalar(gradient));
    walk(adamw, tf.scalar(1), given, { lr: 0.1, weightDecay: 0.5 }).forEach(([value], i) => {
      expect(value).toBeCloseTo(wanted[i] as number, 6);
    });
  });

  it('walk as PyTorch does: SGD', () => {
    const gradients = [0.3, -0.2, 0.05];
    let [w, buffer] = [1, 0];
    const wanted = gradients.map((g) => {
      buffer = 0.9 * buffer + (g + 0.5 * w);
      w -= 0.1 * buffer;
      return w;
    });
    const given = gradients.map((gradient) => tf.scalar(gradient));
    walk(sgd, tf.scalar(1), given, { lr: 0.1, weightDecay: 0.5 }).forEach(([value], i) => {
      expect(value).toBeCloseTo(wanted[i] as number, 6);
    });
  });

  it('walk as the original does: LARS', () => {
    const gradients = [[0.3, -0.1], [-0.2, 0.4], [0, 0]]; // biome-ignore format: rows
    let [w, mu] = [[3, -4], [0, 0]]; // biome-ignore format: rows
    const length = (x: readonly number[]) => Math.hypot(...x);
    const wanted = gradients.map((g) => {
      const decayed = g.map((value, i) => value + 0.5 * (w[i] as number));
      const ratio = (0.001 * length(w)) / length(decayed);
      mu = mu.map((value, i) => 0.9 * value + ratio * (decayed[i] as number));
      w = w.map((value, i) => value - 10 * (mu[i] as number));
      return w;
    });
    const given = gradients.map((gradient) => tf.tensor2d(gradient, [1, 2]));
    walk(lars, tf.tensor2d([3, -4], [1, 2]), given, { lr: 10, weightDecay: 0.5 }).forEach((values, i) => {
      values.forEach((value, j) => {
        expect(value).toBeCloseTo(wanted[i]?.[j] as number, 5);
      });
    });
  });

  it('give LARS no ratio where weight or gradient is 0, nor for biases', () => {
    const once = (start: tf.Tensor, gradient: tf.Tensor) => walk(lars, start, [gradient], { lr: 1, weightDecay: 0 })[0];
    // Weights of 0: the ratio is 1.
    expect(once(tf.zeros([1, 2]), tf.tensor2d([3, 4], [1, 2]))).toEqual([-3, -4]);
    expect(once(tf.tensor2d([3, 4], [1, 2]), tf.zeros([1, 2]))).toEqual([3, 4]);
    // Tiny weights are weights.
    expect(once(tf.fill([1, 1], 1e-10), tf.fill([1, 1], 1))?.[0]).toBeCloseTo(1e-10 - 1e-13, 16);
    const bias = walk(lars, tf.tensor1d([1, 1]), [tf.tensor1d([0.5, 0])], { lr: 1, weightDecay: 9 })[0];
    expect(bias).toEqual([0.5, 1]);
  });

  it('take a step of the size of the learning rate at first, however small the gradient: AdamW', () => {
    for (const gradient of [1e-6, 1]) {
      const [[value] = []] = walk(adamw, tf.scalar(1), [tf.scalar(gradient)], { lr: 0.1, weightDecay: 0 });
      expect(value).toBeCloseTo(gradient < 1 ? 1 - 0.1 / 1.01 : 0.9, 5);
    }
  });

  it.each(Object.keys(OPTIMIZERS) as OptimizerName[])('change nothing that is frozen, bit by bit: %s', (name) => {
    const optimizer = optimizerOf(name);
    expect(optimizer.name).toBe(name);
    const moments = Object.fromEntries(optimizer.moments.map((moment, i) => [moment, tf.fill([2, 2], 0.2 + i)]));
    const parameter = tf.fill([2, 2], 0.7);
    const made = optimizer.update(
      { parameter, gradient: tf.fill([2, 2], 5), gradientScale: tf.scalar(1), moments },
      scalars(optimizer.frozen),
    );
    expect(made.parameter.dataSync()).toEqual(parameter.dataSync());
    for (const moment of optimizer.moments) {
      expect(made.moments[moment]?.dataSync(), moment).toEqual(moments[moment]?.dataSync());
    }
    const { frozen } = optimizer;
    expect(Object.keys(optimizer.coefficients({ lr: 1, weightDecay: 1, updates: 1 }))).toEqual(Object.keys(frozen));
  });
});

describe('The groups of parameters', () => {
  beforeAll(useCpuBackend);

  it('decay matrices and embeddings, not biases nor norms', () => {
    expect(isDecayed('blocks.0.mlp.fc1.weight', 2)).toBe(true);
    expect(isDecayed('pos_embed', 3)).toBe(true);
    expect(isDecayed('norm.weight', 1)).toBe(false);
    expect(isDecayed('blocks.0.mlp.fc1.bias', 1)).toBe(false);
    expect(isDecayed('relative.bias', 2)).toBe(false);
  });

  it('hold the last layer apart', () => {
    const groupOf = (name: string, ...shape: number[]) => ORIGINAL_GROUPS.of(name, float32(...shape)).name;
    expect(groupOf('head.last_layer.weight_g', 5, 1)).toBe('last_layer');
    expect(groupOf('head.mlp.0.weight', 5, 2)).toBe('decayed');
    expect(groupOf('head.mlp.0.bias', 5)).toBe('plain');
  });

  it('clip to the limit, and scale nothing up', () => {
    expect(clipScale(tf.scalar(6), 3).dataSync()[0]).toBeCloseTo(0.5, 6);
    expect(clipScale(tf.scalar(2), 3).dataSync()[0]).toBe(1);
    expect(clipScale(tf.scalar(0), 3).dataSync()[0]).toBe(1);
  });
});
