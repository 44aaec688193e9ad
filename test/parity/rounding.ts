/** What an engine really rounds the factors of a product to: asked for is not had, on a device that cannot. */
import * as tf from '@tensorflow/tfjs-core';
import type { Engine, Precision } from '../../src/engines/engine.js';
import { float32, type Program } from '../../src/program/program.js';

/** Large enough for the kernels that networks are multiplied by. */
const SIDE = 256;

const product: Program = {
  name: 'product',
  state: {},
  inputs: { a: float32(SIDE, SIDE), b: float32(SIDE, SIDE) },
  body: (_, { a, b }) => ({ state: {}, outputs: { product: tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D) } }),
};

/** Lost where a factor keeps 7 bits after the point (bfloat16); where it keeps 10 (tf32) only the second is. */
const SECOND = 2 ** -9;
const THIRD = 2 ** -12;

/** Multiplies by the identity: what comes back is what the factors were rounded to. */
export async function measurePrecision(engine: Engine): Promise<Precision> {
  const values = [1 + SECOND, 1 + THIRD];
  const a = Float32Array.from({ length: SIDE * SIDE }, (_, i) => values[i % 2] as number);
  const b = Float32Array.from({ length: SIDE * SIDE }, (_, i) => (i % (SIDE + 1) === 0 ? 1 : 0));
  const session = await engine.compile(product, {});
  const tensor = (data: Float32Array) => ({ shape: [SIDE, SIDE], dtype: 'float32' as const, data });
  const { product: made } = await session.call({ a: tensor(a), b: tensor(b) });
  await session.dispose();
  const [second, third] = made?.data ?? [];
  if (third !== 1) return 'float32';
  return second === 1 ? 'bfloat16' : 'tf32';
}
