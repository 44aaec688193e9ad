import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { simplify } from '../../../src/compile/simplify.js';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { eagerEngine } from '../../../src/engines/eager.js';
import { onnxEngine } from '../../../src/engines/onnx.js';
import { float32, type Program } from '../../../src/method/program.js';

const program = (body: (x: tf.Tensor) => tf.Tensor): Program => ({
  name: 'test program',
  state: {},
  inputs: { x: float32(2, 3) },
  body: (_, { x }) => ({ state: {}, outputs: { y: body(x as tf.Tensor) } }),
});

async function opsOf(body: (x: tf.Tensor) => tf.Tensor): Promise<string[]> {
  const traced = await trace(program(body));
  await useCpuBackend();
  return simplify(traced).nodes.map(({ op }) => op);
}

describe('simplification', () => {
  beforeEach(useCpuBackend);

  it('drops casts, reshapes and transposes that do nothing', async () => {
    const body = (x: tf.Tensor) =>
      tf.neg(tf.transpose(tf.transpose(tf.reshape(tf.reshape(tf.cast(x, 'float32'), [6]), [2, 3]))));
    expect(await opsOf(body)).toEqual(['Neg']);
  });

  it('folds constants', async () => {
    expect(await opsOf((x) => tf.add(x, tf.mul(tf.scalar(2), tf.exp(tf.scalar(1)))))).toEqual(['Add']);
  });

  it('merges equal nodes and drops dead ones', async () => {
    const body = (x: tf.Tensor) => {
      tf.log(x);
      return tf.add(tf.exp(x), tf.exp(x));
    };
    expect(await opsOf(body)).toEqual(['Exp', 'Add']);
  });

  it('drops additions of nothing and products with one, unless they give the shape', async () => {
    expect(await opsOf((x) => tf.neg(tf.mul(tf.add(x, tf.zeros([2, 3])), 1)))).toEqual(['Neg']);
    expect(await opsOf((x) => tf.add(x, tf.zeros([4, 2, 3])))).toEqual(['Add']);
  });

  it('moves axes of extent one without a transpose', async () => {
    expect(await opsOf((x) => tf.transpose(tf.reshape(x, [2, 1, 3]), [1, 0, 2]))).toEqual(['Reshape']);
  });

  /** Chains of these, in any order, must come out of the compiled engine as tfjs itself computes them. */
  const steps: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    square: (x) => tf.square(x),
    transpose: (x) => tf.transpose(x),
    transposedProduct: (x) => tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true),
    halve: (x) => tf.div(x, 2),
    third: (x) => tf.div(x, tf.fill(x.shape, 3)),
    rows: (x) => tf.sub(x, tf.mean(x, 1, true)),
    highest: (x) => tf.sub(x, tf.max(x, 1, true)),
    reshape: (x) => tf.reshape(x, [x.size, 1]),
    pad: (x) => tf.pad(x as tf.Tensor2D, [[1, 0], [0, 2]]), // biome-ignore format: pairs
    slice: (x) => tf.slice(x, [0, 0], [1, x.shape[1] as number]),
    softmax: (x) => tf.softmax(x),
    concat: (x) => tf.concat([x, tf.neg(x)], 1),
    stack: (x) => tf.sum(tf.stack([x, x, tf.exp(tf.neg(tf.square(x)))]), 0),
    split: (x) => tf.add(...(tf.split(tf.concat([x, x], 0), 2) as [tf.Tensor, tf.Tensor])),
    gradient: (x) => tf.grad((x) => tf.sum(tf.mul(tf.erf(x), tf.sqrt(tf.add(tf.square(x), 1)))))(x),
    power: (x) => tf.pow(x, 2),
    unstack: (x) => tf.stack(tf.unstack(x).reverse()),
    bounded: (x) => tf.maximum(tf.minimum(x, 0.5), -0.5),
    addN: (x) => tf.addN([x, x, x]),
  };

  it('keeps the values of any chain of ops', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.keys(steps)), { minLength: 1, maxLength: 7 }),
        fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: 6, maxLength: 6 }),
        async (names, values) => {
          const chain = program((x) =>
            names.reduce((value, name) => (steps[name] as (x: tf.Tensor) => tf.Tensor)(value), x),
          );
          const inputs = { x: { shape: [2, 3], dtype: 'float32' as const, data: Float32Array.from(values) } };
          const [compiled, oracle] = await Promise.all([onnxEngine.compile(chain, {}), eagerEngine.compile(chain, {})]);
          const actual = (await compiled.call(inputs))['y'];
          const expected = (await oracle.call(inputs))['y'];
          expect(actual?.shape).toEqual(expected?.shape);
          expected?.data.forEach((value, i) => {
            const scale = Math.max(1, Math.abs(value));
            expect(Math.abs((actual?.data[i] as number) - value) / scale).toBeLessThan(1e-4);
          });
          await compiled.dispose();
        },
      ),
      { numRuns: 60 },
    );
  });
});
