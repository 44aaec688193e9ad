import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { expect, it } from 'vitest';
import { demandOf } from '../../../src/compile/demand.js';
import { trace } from '../../../src/compile/trace.js';
import { float32, type NamedTensors, type Program, type TensorSpec } from '../../../src/program/program.js';

const program = (
  inputs: Readonly<Record<string, TensorSpec>>,
  body: (given: NamedTensors) => NamedTensors,
): Program => ({ name: 'test program', state: {}, inputs, body: (_, given) => ({ state: {}, outputs: body(given) }) });

const demandOfChain = async (length: number) => {
  const chain = program({ x: float32(10, 10) }, ({ x }) => {
    let y = x as tf.Tensor;
    for (let i = 0; i < length; i++) y = tf.exp(y);
    return { y };
  });
  return demandOf(await trace(chain));
};

it('holds a value from its making to its last use, and no longer', async () => {
  // The one that is read and the one that is made, however long the chain.
  expect((await demandOfChain(2)).passing).toBe(2 * 400);
  expect((await demandOfChain(9)).passing).toBe(2 * 400);
  const kept = program({ x: float32(10, 10) }, ({ x }) => {
    const [one, two] = [tf.exp(x as tf.Tensor), tf.square(x as tf.Tensor)];
    return { y: tf.add(tf.sqrt(tf.add(one, two)), one) };
  });
  // `one` is held all the way: beside it what is read and what is made.
  expect(demandOf(await trace(kept)).passing).toBe(3 * 400);
});

it('counts a value under another shape once', async () => {
  const reshaped = program({ x: float32(10, 10) }, ({ x }) => ({
    y: tf.exp(tf.reshape(tf.exp(x as tf.Tensor), [100])),
  }));
  expect(demandOf(await trace(reshaped)).passing).toBe(2 * 400);
});

it('counts the multiplications of products, whichever factor is transposed', async () => {
  const products = program({ a: float32(2, 3, 5), b: float32(2, 5, 7), c: float32(2, 7, 5) }, ({ a, b, c }) => ({
    plain: tf.matMul(a as tf.Tensor3D, b as tf.Tensor3D),
    transposed: tf.matMul(a as tf.Tensor3D, c as tf.Tensor3D, false, true),
  }));
  expect(demandOf(await trace(products)).multiplications).toBeCloseTo(2 * 2 * 3 * 5 * 7, 6);
});

it('tells the state apart', async () => {
  const counting: Program = {
    name: 'test program',
    state: { count: float32(8) },
    inputs: {},
    body: ({ count }) => ({ state: { count: tf.add(count as tf.Tensor, 1) }, outputs: {} }),
  };
  expect((await trace(counting).then(demandOf)).state).toBe(32);
});
