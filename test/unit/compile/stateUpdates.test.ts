import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { simplify } from '../../../src/compile/simplify.js';
import { splitStateUpdates } from '../../../src/compile/stateUpdates.js';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { float32, type NamedSpecs, type NamedTensors, type Program } from '../../../src/program/program.js';

type Body = (
  state: Readonly<Record<string, tf.Tensor>>,
  inputs: Readonly<Record<string, tf.Tensor>>,
) => { readonly state: NamedTensors; readonly outputs?: NamedTensors };

const INPUTS: NamedSpecs = { x: float32(3), rate: float32() };

async function split(state: NamedSpecs, body: Body, inputs = INPUTS) {
  const program: Program = {
    name: 'test',
    state,
    inputs,
    body: (state, inputs) => ({ outputs: {}, ...body(state, inputs) }),
  };
  const traced = await trace(program);
  await useCpuBackend();
  const { graph, updates } = splitStateUpdates(simplify(traced));
  return { ops: graph.nodes.map(({ op }) => op), left: [...graph.newState.keys()], ...updates };
}

/** A gradient: what no update can compute. */
const gradient = (x: tf.Tensor | undefined): tf.Tensor => tf.exp(x as tf.Tensor);
const get = (tensors: Readonly<Record<string, tf.Tensor>>, name: string) => tensors[name] as tf.Tensor;

describe('The updates of the state', () => {
  it('take what follows the gradients out of the graph, alike for all tensors that are updated alike', async () => {
    const state = { a: float32(3), b: float32(3), averageOfA: float32(3), averageOfB: float32(3) };
    const { ops, left, kernels, updates } = await split(state, (state, { x, rate }) => {
      const next = (name: string, factor: number) =>
        tf.sub(get(state, name), tf.mul(tf.mul(gradient(x), factor), rate as tf.Tensor));
      const [a, b] = [next('a', 2), next('b', 2)];
      const average = (name: string, of: tf.Tensor) => tf.add(tf.mul(get(state, name), 0.5), tf.mul(of, 0.25));
      return { state: { a, b, averageOfA: average('averageOfA', a), averageOfB: average('averageOfB', b) } };
    });
    expect(ops).toEqual(['Exp']);
    expect(left).toEqual([]);
    expect(kernels).toHaveLength(1);
    expect(updates.map(({ size }) => size)).toEqual([3]);
  });

  it('are one for each tensor and what shares tensors with it', async () => {
    const state = { a: float32(3), b: float32(5) };
    const { kernels, updates } = await split(
      state,
      (state, { x, y, rate }) => ({
        state: {
          a: tf.sub(get(state, 'a'), tf.mul(gradient(x), rate as tf.Tensor)),
          b: tf.sub(get(state, 'b'), tf.mul(gradient(y), rate as tf.Tensor)),
        },
      }),
      { ...INPUTS, y: float32(5) },
    );
    expect(kernels).toHaveLength(1);
    expect(updates.map(({ size, kernel }) => [size, kernel])).toEqual([
      [3, 0],
      [5, 0],
    ]);
    expect(updates.map(({ tensors }) => tensors)).toEqual([
      [{ handedOn: 0 }, { state: 'a' }],
      [{ handedOn: 1 }, { state: 'b' }],
    ]);
    expect(updates.map(({ numbers }) => numbers)).toEqual([[{ input: 'rate' }], [{ input: 'rate' }]]);
  });

  it('compute their numbers themselves, from what the graph hands on', async () => {
    const { ops, kernels, updates } = await split({ a: float32(3) }, (state, { x, rate }) => {
      const norm = tf.sqrt(tf.sum(gradient(x)));
      const scale = tf.minimum(tf.div(2, tf.add(norm, 1e-6)), rate as tf.Tensor);
      return { state: { a: tf.sub(get(state, 'a'), tf.mul(gradient(x), scale)) } };
    });
    expect(ops).toEqual(['Exp', 'Sum']);
    expect(kernels[0]?.steps.map(({ op }) => op)).toEqual(['Sqrt', 'Add', 'RealDiv', 'Minimum', 'Multiply', 'Sub']);
    expect(updates[0]?.numbers).toEqual([{ handedOn: 1 }, { input: 'rate' }]);
  });

  it('leave in the graph what is not element by element, or is needed there', async () => {
    const stays: Readonly<Record<string, Body>> = {
      'a row for all rows': (state, { x }) => ({ state: { matrix: tf.add(get(state, 'matrix'), gradient(x)) } }),
      'another op': (state, { x }) => ({ state: { a: tf.exp(tf.add(get(state, 'a'), gradient(x))) } }),
      'an output': (state, { x }) => {
        const a = tf.add(get(state, 'a'), gradient(x));
        return { state: { a }, outputs: { a } };
      },
      'what an output is made of': (state, { x }) => {
        const a = tf.add(get(state, 'a'), gradient(x));
        return { state: { a }, outputs: { sum: tf.sum(a) } };
      },
      'a number': (state, { x }) => ({ state: { count: tf.add(get(state, 'count'), tf.sum(gradient(x))) } }),
      'a number of the state': (state, { x }) => ({ state: { a: tf.mul(gradient(x), get(state, 'count')) } }),
      'an input': (state, { x }) => ({ state: { a: tf.add(get(state, 'a'), x as tf.Tensor) } }),
      'a state that the graph changes': (state, { x }) => ({
        state: { a: tf.add(get(state, 'b'), gradient(x)), b: gradient(x) },
      }),
    };
    const state = { a: float32(3), b: float32(3), matrix: float32(2, 3), count: float32() };
    for (const [what, body] of Object.entries(stays)) {
      const { left, updates } = await split(state, body);
      expect(updates, what).toEqual([]);
      expect(left.length, what).toBeGreaterThan(0);
    }
  });

  it('know nothing of a program without a state', async () => {
    const { kernels, updates } = await split({}, (_, { x }) => ({ state: {}, outputs: { y: gradient(x) } }));
    expect({ kernels, updates }).toEqual({ kernels: [], updates: [] });
  });
});
