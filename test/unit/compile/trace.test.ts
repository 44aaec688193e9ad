import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { describe, expect, it } from 'vitest';
import { trace } from '../../../src/compile/trace.js';
import { tracingBackend } from '../../../src/compile/tracingBackend.js';
import { float32, type NamedTensors, type Program } from '../../../src/program/program.js';

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

  it('gives each op its inputs, their names and its attributes', async () => {
    const { nodes, inputs, outputs } = await trace(
      program((x) => ({ y: tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true) })),
    );
    const x = inputs.get('x');
    expect(nodes).toEqual([
      {
        op: 'BatchMatMul',
        inputs: [x, x],
        inputNames: ['a', 'b'],
        attributes: { transposeA: false, transposeB: true },
        outputs: [{ shape: [2, 2], type: 'float32' }],
      },
    ]);
    expect(outputs.get('y')).toBe(nodes[0]?.outputs[0]);
  });

  it('keeps constants of every type, as copies', async () => {
    const data = Float32Array.of(1.5, 2.5);
    const { constants } = await trace(
      program((x) => ({
        y: tf.add(x, tf.sum(tf.tensor(data))),
        whole: tf.cast(tf.tensor1d([1, 2], 'int32'), 'float32'),
        truth: tf.cast(tf.tensor1d([true, false], 'bool'), 'float32'),
      })),
    );
    data.fill(0);
    const all = [...constants].map(([{ shape, type }, { data, dtype }]) => ({ shape, type, dtype, data }));
    expect(all).toEqual([
      { shape: [2], type: 'float32', dtype: 'float32', data: Float32Array.of(1.5, 2.5) },
      { shape: [2], type: 'int32', dtype: 'int32', data: Int32Array.of(1, 2) },
      { shape: [2], type: 'bool', dtype: 'int32', data: Int32Array.of(1, 0) },
    ]);
  });

  it('refuses types that no engine has', async () => {
    await expect(trace(program((x) => ({ x, y: tf.tensor1d(['a', 'b']) })))).rejects.toThrow(
      'Tensors of type string cannot be traced',
    );
  });

  it('refuses shapes that do not fit', async () => {
    const inner = (x: tf.Tensor) =>
      tf.engine().runKernel('BatchMatMul', { a: x, b: x }, { transposeA: false, transposeB: false }) as tf.Tensor;
    await expect(trace(program((x) => ({ y: inner(x) })))).rejects.toThrow(
      'matMul of [2,3] and [2,3]: inner sizes differ',
    );
    const nothing = () => tf.engine().runKernel('Exp', {}) as tf.Tensor;
    await expect(trace(program(() => ({ y: nothing() })))).rejects.toThrow('too few inputs');
    const slice = (x: tf.Tensor) =>
      tf.engine().runKernel('Slice', { x }, { begin: [0, 0], size: [0.5, 1] }) as tf.Tensor;
    await expect(trace(program((x) => ({ y: slice(x) })))).rejects.toThrow('Slice got shapes that do not fit together');
  });

  it('takes the same numbers in another shape for a reshape', async () => {
    const reshaped = (x: tf.Tensor) =>
      tf.engine().makeTensorFromTensorInfo({ dataId: x.dataId, shape: [6], dtype: 'float32' });
    const { nodes, inputs } = await trace(program((x) => ({ y: tf.neg(reshaped(x)) })));
    expect(nodes.map(({ op, attributes }) => [op, attributes])).toEqual([
      ['Reshape', { shape: [6] }],
      ['Neg', {}],
    ]);
    expect(nodes[0]?.inputs).toEqual([inputs.get('x')]);
  });

  it('names the program that threw no error, and passes on what is none of its own', async () => {
    const throwing = (what: unknown) => trace({ ...program((x) => ({ x })), body: () => { throw what; } }); // biome-ignore format: one line
    await expect(throwing('nonsense')).rejects.toThrow('test program could not be traced: nonsense');
    const own = new RangeError('own');
    await expect(throwing(own)).rejects.toBe(own);
  });

  it('leaves the length of stack traces as it was, and nothing being traced', async () => {
    const { stackTraceLimit } = Error;
    await trace(program((x) => ({ y: tf.neg(x) })));
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
    await expect(trace(program((x) => ({ y: tf.atan(x) })))).rejects.toThrow();
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
    expect(() => tracingBackend().write(Float32Array.of(1), [1], 'float32')).toThrow('Nothing is being traced');
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
