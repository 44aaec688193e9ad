import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { TensorFlowRuntime } from '../../../src/engines/tensorflow/runtime.js';
import { TensorFlowSession } from '../../../src/engines/tensorflow/session.js';
import { float32, type HostTensor, type Program } from '../../../src/program/program.js';

const program: Program = {
  name: 'sum',
  state: {},
  inputs: { x: float32(2), scale: float32() },
  body: (_, { x }) => ({ state: {}, outputs: { sum: tf.sum(x as tf.Tensor) } }),
};

const inputs = (value: number) => ({
  x: { shape: [2], dtype: 'float32', data: Float32Array.of(value, value) } satisfies HostTensor,
  scale: { shape: [], dtype: 'float32', data: Float32Array.of(1) } satisfies HostTensor,
});

/** Notes what it is asked for, in the place of TensorFlow, which prepares itself anew for each set of feeds and fetches. */
async function open(sentAhead: readonly string[]) {
  const runs: { readonly names: string; readonly x: number[] }[] = [];
  const runtime: TensorFlowRuntime = {
    load: async () => 0,
    keep: async () => undefined,
    run: async (_, feeds, fetches) => {
      const names = `${feeds.map(([name]) => name).join()} -> ${fetches.join()}`;
      runs.push({ names, x: feeds.flatMap(([, { data, shape }]) => (shape.length > 0 ? [data[0] as number] : [])) });
      return fetches.map(() => ({ shape: [], dtype: 'float32', data: Float32Array.of(0) }));
    },
    unload: async () => undefined,
  };
  const savedModel = new Uint8Array();
  const session = await TensorFlowSession.open(runtime, program, {
    savedModel,
    outputs: ['sum'],
    runsAs: '',
    sentAhead,
  });
  return { session, runs };
}

it('every call has one set of feeds and fetches, also where nothing is known to come', async () => {
  const { session, runs } = await open(['x']);
  const [first, second, third] = [inputs(1), inputs(2), inputs(3)];
  await session.call(first, second);
  await session.call(second);
  await session.call(third);
  // The first and the third were not sent before their calls.
  expect(runs.map(({ x }) => x)).toEqual([[1], [2], [2], [3], [3]]);
  const [sent, ...others] = new Set(runs.map(({ names }) => names));
  expect(sent).toBe(runs[3]?.names);
  expect(others).toHaveLength(1);
});

it('inputs that stay on the device are not sent before the next call', async () => {
  const { session, runs } = await open(['x']);
  const same = inputs(1);
  await session.call(same);
  await session.call(same);
  expect(runs).toHaveLength(3);
});

it('nothing is sent twice where no input is sent ahead', async () => {
  const { session, runs } = await open([]);
  await session.call(inputs(1), inputs(2));
  await session.call(inputs(2));
  expect(runs.map(({ x }) => x)).toEqual([[1], [2]]);
  expect(new Set(runs.map(({ names }) => names)).size).toBe(1);
});
