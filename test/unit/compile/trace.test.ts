import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { describe, expect, it } from 'vitest';
import { trace } from '../../../src/compile/trace.js';
import { float32, type NamedTensors, type Program } from '../../../src/method/program.js';

const program = (body: (x: tf.Tensor) => NamedTensors): Program => ({
  name: 'test program',
  state: {},
  inputs: { x: float32(2, 3) },
  body: (_, { x }) => ({ state: {}, outputs: body(x as tf.Tensor) }),
});

describe('tracing', () => {
  it('records ops with their shapes and computes nothing', async () => {
    const graph = await trace(program((x) => ({ y: tf.sum(tf.exp(x), 1) })));
    expect(graph.nodes.map(({ op }) => op)).toEqual(expect.arrayContaining(['Exp', 'Sum']));
    expect(graph.outputs.get('y')).toEqual({ shape: [2], type: 'float32' });
  });

  it('reduces along the axes that were asked for', async () => {
    const graph = await trace(
      program((x) => ({ sum: tf.sum(x, 1), mean: tf.mean(x, [0], true), max: tf.max(x, 1, true), all: tf.max(x) })),
    );
    const shapes = [...graph.outputs].map(([name, { shape }]) => [name, shape]);
    expect(Object.fromEntries(shapes)).toEqual({ sum: [2], mean: [1, 3], max: [2, 1], all: [] });
  });

  it("records tfjs's own gradients", async () => {
    const graph = await trace(program((x) => ({ dx: tf.grad((x) => tf.sum(tf.square(x)))(x) })));
    expect(graph.outputs.get('dx')?.shape).toEqual([2, 3]);
  });

  it('names the op that it cannot trace, and the line that used it', async () => {
    const tracing = trace(program((x) => ({ y: tf.atan(x) })));
    await expect(tracing).rejects.toThrow(/The op Atan, used by the test program at .*trace\.test\.ts:\d+/);
  });

  it('refuses a program that reads a value', async () => {
    const tracing = trace(program((x) => ({ y: x.dataSync()[0] === 0 ? x : tf.neg(x) })));
    await expect(tracing).rejects.toThrow(/read a tensor while it was traced/);
  });

  it('refuses a tensor from outside', async () => {
    const outside = await (async () => {
      let tensor: tf.Tensor | undefined;
      await trace(
        program((x) => {
          tensor = tf.keep(tf.neg(x));
          return { y: x };
        }),
      );
      return tensor as tf.Tensor;
    })();
    await expect(trace(program((x) => ({ y: tf.add(x, outside) })))).rejects.toThrow(/from outside/);
  });

  it('gives the backend back that was set before', async () => {
    const { useCpuBackend } = await import('../../../src/engines/cpuBackend.js');
    await useCpuBackend();
    await trace(program((x) => ({ y: tf.neg(x) })));
    expect(tf.getBackend()).toBe('cpu');
  });
});
