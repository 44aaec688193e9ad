import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { splitPreparation } from '../../../src/compile/prepare.js';
import { simplify } from '../../../src/compile/simplify.js';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { float32, type NamedTensors } from '../../../src/program/program.js';

type Body = (weight: tf.Tensor, other: tf.Tensor, x: tf.Tensor) => NamedTensors;

async function split(body: Body) {
  const traced = await trace({
    name: 'test',
    state: { weight: float32(2, 3), other: float32(2, 3) },
    inputs: { x: float32(2, 3) },
    body: ({ weight, other }, { x }) => ({
      state: {},
      outputs: body(weight as tf.Tensor, other as tf.Tensor, x as tf.Tensor),
    }),
  });
  await useCpuBackend();
  const { graph, preparation, prepared } = splitPreparation(simplify(traced));
  return {
    ops: graph.nodes.map(({ op }) => op),
    state: [...graph.state.keys()],
    prepares: preparation?.nodes.map(({ op }) => op),
    prepared: prepared.length,
    gives: preparation && [...preparation.outputs.keys()],
    takes: preparation && [...preparation.inputs.keys()],
  };
}

describe('What is computed of the state alone', () => {
  it('is prepared, and the state that only it needs is left to it', async () => {
    const parts = await split((weight, other, x) => ({
      y: tf.add(tf.mul(x, tf.exp(tf.sqrt(weight))), tf.mul(tf.exp(x), tf.mul(other, tf.exp(tf.sqrt(weight))))),
      z: tf.add(x, other),
    }));
    expect(parts.ops.toSorted()).toEqual(['Add', 'Add', 'Exp', 'Multiply', 'Multiply']);
    expect(parts.state).toEqual(['other']);
    expect(parts.prepares?.toSorted()).toEqual(['Exp', 'Multiply', 'Sqrt']);
    expect(parts).toMatchObject({ prepared: 2, gives: ['0', '1'], takes: [] });
  });

  it('is left where it is when it moves no data: a copy would only take memory', async () => {
    const untouched = await split((weight, _, x) => ({ y: tf.mul(tf.reshape(weight, [3, 2]), tf.reshape(x, [3, 2])) }));
    expect(untouched).toMatchObject({ prepares: undefined, prepared: 0 });
    const after = await split((weight, _, x) => ({
      y: tf.mul(tf.reshape(tf.exp(weight), [3, 2]), tf.reshape(x, [3, 2])),
    }));
    expect(after.ops).toContain('Reshape');
    expect(after.prepares).toEqual(['Exp']);
    const before = await split((weight, _, x) => ({
      y: tf.mul(tf.exp(tf.reshape(weight, [3, 2])), tf.reshape(x, [3, 2])),
    }));
    expect(before.prepares).toEqual(['Reshape', 'Exp']);
  });

  it('may be a result itself', async () => {
    const parts = await split((weight, _, x) => ({ y: tf.exp(weight), z: tf.exp(x) }));
    expect(parts).toMatchObject({ ops: ['Exp'], prepares: ['Exp'], prepared: 1, state: [] });
  });

  it('is not taken out where nothing would be left', async () => {
    const parts = await split((weight) => ({ y: tf.exp(weight) }));
    expect(parts).toMatchObject({ ops: ['Exp'], prepares: undefined });
  });
});
