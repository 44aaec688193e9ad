import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { simplify } from '../../../src/compile/simplify.js';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import type { TensorFlowBinding } from '../../../src/engines/tensorflow/load.js';
import { keptTensors, numbersHandedOn, splitUpdates } from '../../../src/engines/tensorflow/outside.js';
import { LocalRuntime } from '../../../src/engines/tensorflow/runtime.js';
import { float32, type HostTensor, type Program } from '../../../src/program/program.js';

const descent: Program = {
  name: 'descent',
  state: { weight: float32(2, 3) },
  inputs: { x: float32(2, 3) },
  body: ({ weight }, { x }) => {
    const gradient = tf.exp(x as tf.Tensor);
    const scale = tf.rsqrt(tf.sum(gradient));
    return { state: { weight: tf.sub(weight as tf.Tensor, tf.mul(gradient, scale)) }, outputs: {} };
  },
};

async function graphOf(program: Program) {
  const traced = await trace(program);
  await useCpuBackend();
  return simplify(traced);
}

describe('What lies outside TensorFlow', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('is the state that is updated, the memory for a gradient, and a number', async () => {
    const { graph, outside } = splitUpdates(await graphOf(descent));
    if (outside === undefined) throw new Error('Nothing lies outside.');
    expect(graph.newState.size).toBe(0);
    const kept = keptTensors(descent.state, outside);
    const [state, memory] = kept.map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
    expect(state).toEqual({ name: 'outside/weight:0', shape: [2, 3], dtype: 'float32' });
    expect(memory).toEqual({ name: expect.stringMatching(/^memory\/[01]:0$/), shape: [1, 6], dtype: 'float32' });
    expect(kept).toHaveLength(2);
    expect(numbersHandedOn(outside)).toHaveLength(1);
    expect(kept[0]?.[1].data).toBe(outside.updater.state.get('weight'));
    await outside.updater.dispose();
  });

  it('is nothing where no state is updated', async () => {
    const whole = await graphOf({
      ...descent,
      body: (_, { x }) => ({ state: {}, outputs: { y: tf.exp(x as tf.Tensor) } }),
    });
    expect(splitUpdates(whole)).toEqual({ graph: whole });
  });

  it('is nothing where there is no room for it', async () => {
    const whole = await graphOf(descent);
    vi.spyOn(WebAssembly, 'Memory').mockImplementation(function refuse() {
      throw new RangeError('WebAssembly.Memory(): could not allocate memory');
    });
    expect(splitUpdates(whole)).toEqual({ graph: whole });
  });
});

it('TensorFlow keeps no tensor that it would copy, and lets go of those of a session with it', async () => {
  let tensors = 0;
  const binding = {
    createTensor: () => tensors++,
    deleteTensor: () => tensors--,
    deleteSavedModel: () => undefined,
  } as unknown as TensorFlowBinding;
  const runtime = new LocalRuntime(binding);
  const tensor = (place: number): HostTensor => ({
    shape: [1],
    dtype: 'float32',
    data: new Float32Array(new SharedArrayBuffer(256), place, 1),
  });
  await expect(runtime.keep(1, [['odd:0', tensor(32)]])).rejects.toThrow(/copy odd:0/);
  expect(tensors).toBe(0);
  await runtime.keep(1, [
    ['first:0', tensor(0)],
    ['second:0', tensor(64)],
  ]);
  expect(tensors).toBe(2);
  await runtime.unload(2);
  expect(tensors).toBe(2);
  await runtime.unload(1);
  expect(tensors).toBe(0);
});
