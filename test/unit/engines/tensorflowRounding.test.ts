/** A process of its own: TensorFlow is told once whether it rounds the factors of products to bfloat16. */
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { hasBfloat16Tiles, thisProcessor } from '../../../src/engines/processor.js';
import { openTensorFlowEngine } from '../../../src/engines/tensorflow/engine.js';
import { findInstallation, isOwn } from '../../../src/engines/tensorflow/installation.js';
import { preciseMatMul } from '../../../src/method/layers/preciseProduct.js';
import { float32, type HostTensor, type Program } from '../../../src/program/program.js';

/** Products of fewer elements are made without tiles, and not rounded. */
const ROWS = 64;
const SIZE = 514;

const products: Program = {
  name: 'products',
  state: {},
  inputs: { a: float32(ROWS, SIZE), b: float32(SIZE, ROWS) },
  body: (_, { a, b }) => {
    const [rows, columns] = [a as tf.Tensor2D, b as tf.Tensor2D];
    return {
      state: {},
      outputs: {
        rounded: tf.matMul(rows, columns),
        stacked: tf.matMul(tf.reshape(rows, [1, ROWS, SIZE]), tf.reshape(columns, [1, SIZE, ROWS])),
        precise: preciseMatMul(rows, columns, {}),
      },
    };
  },
};

const filled = (shape: readonly number[], value: number): HostTensor => ({
  shape,
  dtype: 'float32',
  data: new Float32Array(ROWS * SIZE).fill(value),
});

const installation = findInstallation();
const willRound = installation !== undefined && isOwn(installation) && hasBfloat16Tiles(thisProcessor());

it.skipIf(!willRound)('TensorFlow rounds what it multiplies to bfloat16, and neither logits nor sums', async () => {
  const engine = openTensorFlowEngine({ form: 'plain', precision: 'bfloat16' });
  const session = await engine.compile(products, {});
  // bfloat16 has no 1 + 1/1024, and no 514: the factors are rounded, and the products are not.
  const outputs = await session.call({ a: filled([ROWS, SIZE], 1 + 1 / 1024), b: filled([SIZE, ROWS], 1) });
  const values = (name: string) => [...new Set(outputs[name]?.data)];
  expect(values('rounded')).toEqual([SIZE]);
  expect(values('stacked')).toEqual([SIZE]);
  expect(values('precise')).toEqual([SIZE * (1 + 1 / 1024)]);
  await session.dispose();
  expect(() => openTensorFlowEngine({ precision: 'float32' })).toThrow(/loaded to multiply in bfloat16, .*in float32/);
});
