import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { standardizeRows } from '../../../src/method/layers/layerNorm.js';
import { linear } from '../../../src/method/layers/linear.js';
import { normalizeRows } from '../../../src/method/layers/normalizeRows.js';
import { preciseProduct } from '../../../src/method/layers/preciseProduct.js';
import { weightNormedProduct } from '../../../src/method/layers/weightNormedProduct.js';
import { float32 } from '../../../src/program/program.js';
import { meanOverReplicas } from '../../../src/program/replicas.js';
import { later, sectionBegins } from '../../../src/program/sections.js';
import { inPlainForms } from '../../../src/program/substitution.js';
import { expectClose, noise } from './tensors.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';

const matrix = (rows: number, columns: number, seed: number) =>
  tf.tensor2d(noise(rows * columns, seed), [rows, columns]);

/** The value and the gradients of its sum weighted by noise. */
function withGradients(how: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): tf.Tensor[] {
  const value = how(...inputs);
  const weights = tf.tensor(noise(value.size, 99), value.shape);
  return [value, ...tf.grads((...given) => tf.sum(tf.mul(how(...given), weights)))(inputs)];
}

describe('An op with a gradient of its own', () => {
  beforeAll(useCpuBackend);

  const x = () => matrix(3, 4, 1);
  const row = (tensor: tf.Tensor) => tf.sqrt(tf.sum(tf.square(tensor), 1, true));
  type Op = (...inputs: tf.Tensor[]) => tf.Tensor;
  type OpCase = [name: string, ours: Op, plain: Op, inputs: () => tf.Tensor[]];
  it.each<OpCase>([
    ['normalizeRows', (x) => normalizeRows(x as tf.Tensor2D), (x) => tf.div(x, row(x)), () => [x()]],
    [
      'standardizeRows',
      (x) => standardizeRows(x as tf.Tensor2D),
      (x) => {
        const { mean, variance } = tf.moments(x, 1, true);
        return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-6)));
      },
      () => [x()],
    ],
    [
      'linear',
      (x, weight, bias) => linear(x as tf.Tensor2D, { weight: weight as tf.Tensor2D, bias: bias as tf.Tensor1D }),
      (x, weight, bias) => tf.add(tf.matMul(x, tf.transpose(weight)), bias),
      () => [x(), matrix(5, 4, 2), tf.tensor1d(noise(5, 3))],
    ],
    [
      'preciseProduct',
      (x, weight) => preciseProduct(x as tf.Tensor2D, weight as tf.Tensor2D),
      (x, weight) => tf.matMul(x, tf.transpose(weight)),
      () => [x(), matrix(5, 4, 2)],
    ],
    ...[1, 2, 3].map(
      (rows): OpCase => [
        `weightNormedProduct of ${rows} rows`,
        (x, v, g) => weightNormedProduct(x as tf.Tensor2D, v as tf.Tensor2D, g as tf.Tensor2D),
        (x, v, g) => inPlainForms(() => weightNormedProduct(x as tf.Tensor2D, v as tf.Tensor2D, g as tf.Tensor2D)),
        () => [matrix(rows, 4, 1), matrix(5, 4, 2), matrix(5, 1, 3)],
      ],
    ),
    ['sectionBegins', (x) => sectionBegins(x), (x) => tf.clone(x), () => [x()]],
  ])('is the plain one: %s', (name, ours, plain, inputs) => {
    const wanted = withGradients(plain, inputs());
    const made = withGradients(ours, inputs());
    expect(made).toHaveLength(wanted.length);
    wanted.forEach((tensor, i) => {
      expectClose(made[i], tensor, `${name}, ${i}`, 1e-5);
    });
  });

  it('makes nothing of prototypes of zeros, and keeps its gradient finite', () => {
    const given = [matrix(1, 4, 1), tf.zeros([5, 4]), matrix(5, 1, 3)];
    const [value, ...gradients] = withGradients(
      (x, v, g) => weightNormedProduct(x as tf.Tensor2D, v as tf.Tensor2D, g as tf.Tensor2D),
      given,
    );
    for (const element of (value as tf.Tensor).dataSync()) expect(Math.abs(element)).toBe(0);
    for (const element of gradients.flatMap((gradient) => [...gradient.dataSync()]))
      expect(element).toSatisfy(Number.isFinite);
  });

  it('scales what few rows give, and the weights for many', async () => {
    const multiplied = async (rows: number) => {
      const { nodes } = await trace({
        name: 'prototypes',
        state: {},
        inputs: { x: float32(rows, 4), v: float32(5, 4), g: float32(5, 1) },
        body: (_, { x, v, g }) => ({
          state: {},
          outputs: { y: weightNormedProduct(x as tf.Tensor2D, v as tf.Tensor2D, g as tf.Tensor2D) },
        }),
      });
      return nodes.findLast(({ op }) => op === 'Multiply')?.outputs[0]?.shape;
    };
    expect(await multiplied(2)).toEqual([2, 5]);
    expect(await multiplied(3)).toEqual([5, 4]);
  });

  it('leaves rows of zeros as they are, and so their gradient', () => {
    const [value, gradient] = withGradients((x) => normalizeRows(x as tf.Tensor2D), [tf.zeros([1, 4])]);
    expect([...(value as tf.Tensor).dataSync()]).toEqual([0, 0, 0, 0]);
    for (const element of (gradient as tf.Tensor).dataSync()) expect(element).not.toBeNaN();
  });
});

describe('A composite', () => {
  it('is one op where the backend has it, with its inputs and attributes', async () => {
    const { nodes } = await trace({
      name: 'composites',
      state: {},
      inputs: { x: float32(3, 4), weight: float32(5, 4), bias: float32(5) },
      body: (_, { x, weight, bias }) => ({
        state: {},
        outputs: {
          linear: linear(x as tf.Tensor2D, { weight: weight as tf.Tensor2D, bias: bias as tf.Tensor1D }),
          precise: preciseProduct(x as tf.Tensor2D, weight as tf.Tensor2D),
          standardized: standardizeRows(x as tf.Tensor2D),
          later: later(x as tf.Tensor, bias as tf.Tensor),
          mean: meanOverReplicas(x as tf.Tensor),
        },
      }),
    });
    expect(nodes.map(({ op, inputNames, attributes }) => [op, inputNames, attributes])).toEqual([
      ['Linear', ['x', 'weight', 'bias'], {}],
      ['PreciseMatMul', ['a', 'b'], { transposeA: false, transposeB: true }],
      ['Standardize', ['x'], { epsilon: 1e-6 }],
      ['Later', ['x', 'after'], {}],
      ['ReplicaMean', ['x'], {}],
    ]);
  });

  it('is its plain ops where it is not', async () => {
    await useCpuBackend();
    const x = matrix(2, 3, 1);
    expectClose(later(x, tf.scalar(0)), x, 'later');
    expectClose(meanOverReplicas(x), x, 'the mean over one');
  });
});
