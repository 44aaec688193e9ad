import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { chooseEngine, listEngines } from '../../../src/engines/choose.js';
import type { Engine } from '../../../src/engines/engine.js';
import { float32, type HostTensor, type Program } from '../../../src/program/program.js';
import { EVERY_ENGINE } from './everyEngine.js';
import { onnxEngine } from './onnxEngine.js';
import { tensorflowIsMissing } from './tensorflowHere.js';

const vector = (...values: number[]): HostTensor => ({
  shape: [values.length],
  dtype: 'float32',
  data: Float32Array.from(values),
});

/** A counter: `total` grows by `x`, `untouched` stays. */
const counter: Program = {
  name: 'counter',
  state: { total: float32(2), untouched: float32(2) },
  inputs: { x: float32(2) },
  body: ({ total, untouched }, { x }) => {
    const sum = tf.add(total as tf.Tensor, x as tf.Tensor);
    return { state: { total: sum }, outputs: { total: sum, same: untouched as tf.Tensor } };
  },
};
const start = { total: vector(1, 2), untouched: vector(7, 8) };
const values = (tensor: HostTensor | undefined) => Array.from(tensor?.data ?? []);

/** `weight` goes a unit's length towards `x`, `average` follows it, and `center`, of sums, is no elementwise update. */
const descent: Program = {
  name: 'descent',
  state: { weight: float32(2), average: float32(2), center: float32(2) },
  inputs: { x: float32(2), momentum: float32() },
  body: ({ weight, average, center }, { x, momentum }) => {
    const [before, share] = [weight as tf.Tensor, momentum as tf.Tensor];
    const gradient = tf.sub(before, tf.exp(tf.log(tf.add(x as tf.Tensor, 0))));
    const length = tf.sqrt(tf.sum(tf.square(gradient)));
    const after = tf.sub(before, tf.div(gradient, length));
    return {
      state: {
        weight: after,
        average: tf.add(tf.mul(average as tf.Tensor, share), tf.mul(after, tf.sub(1, share))),
        center: tf.add(center as tf.Tensor, tf.sum(gradient)),
      },
      outputs: { length },
    };
  },
};

const sessionsOf = (open: () => Engine) => () => {
  let engine: Engine;
  beforeAll(() => {
    engine = open();
  });

  it('keeps its state from call to call', async () => {
    const session = await engine.compile(counter, start);
    await session.call({ x: vector(10, 20) });
    const outputs = await session.call({ x: vector(100, 200) });
    expect(values(outputs['total'])).toEqual([111, 222]);
    expect(values(outputs['same'])).toEqual([7, 8]);
    expect(values((await session.readState())['total'])).toEqual([111, 222]);
    await session.dispose();
  });

  it('takes the last call back, once', async () => {
    const session = await engine.compile(counter, start);
    await session.call({ x: vector(10, 20) });
    await session.call({ x: vector(Number.NaN, 0) });
    await session.undo();
    expect(values((await session.readState(['total']))['total'])).toEqual([11, 22]);
    await expect(session.undo()).rejects.toThrow(/no call to take back/);
    expect(values((await session.call({ x: vector(1, 1) }))['total'])).toEqual([12, 23]);
    await session.dispose();
  });

  it('hands out copies of its state and takes copies in', async () => {
    const session = await engine.compile(counter, start);
    const mine = vector(5, 5);
    await session.writeState({ total: mine });
    mine.data.fill(0);
    const read = (await session.readState())['total'] as HostTensor;
    expect(values(read)).toEqual([5, 5]);
    read.data.fill(0);
    expect(values((await session.call({ x: vector(1, 1) }))['total'])).toEqual([6, 6]);
    await session.dispose();
  });

  it('begins with its whole state or not at all', async () => {
    const { total } = start;
    await expect(engine.compile(counter, { total })).rejects.toThrow('The counter cannot begin without untouched');
    await expect(engine.compile(counter, { total, untouched: vector(1) })).rejects.toThrow(
      'keeps untouched of shape [2] and was given [1]',
    );
  });

  it('reads all of its state before any of it changes', async () => {
    const circle: Program = {
      name: 'circle',
      state: { a: float32(2), b: float32(2), c: float32(2) },
      inputs: { x: float32(2) },
      body: ({ a, b, c }, { x }) => ({
        state: {
          a: tf.add(b as tf.Tensor, tf.exp(x as tf.Tensor)),
          b: tf.mul(c as tf.Tensor, 2),
          c: tf.mul(a as tf.Tensor, 2),
        },
        outputs: {},
      }),
    };
    const session = await engine.compile(circle, { a: vector(1, 2), b: vector(10, 20), c: vector(100, 200) });
    for (let call = 0; call < 2; call++) await session.call({ x: vector(0, 0) });
    const { a, b, c } = await session.readState();
    expect([a, b, c].map(values)).toEqual([
      [201, 401],
      [4, 8],
      [22, 42],
    ]);
    await session.dispose();
  });

  it('updates weights by what a call computes, and takes that back', async () => {
    const session = await engine.compile(descent, {
      weight: vector(3, 4),
      average: vector(0, 0),
      center: vector(1, 1),
    });
    const inputs = (...x: number[]) => ({ x: vector(...x), momentum: { ...vector(0.5), shape: [] } });
    // A gradient of [3, 4] and its length.
    expect(values((await session.call(inputs(0, 0)))['length'])).toEqual([5]);
    const { weight, average, center } = await session.readState();
    expect([weight, average, center].map(values)).toEqual([
      [0, 0].map((_, i) => expect.closeTo([3 - 3 / 5, 4 - 4 / 5][i] as number, 6)),
      [0, 0].map((_, i) => expect.closeTo([1.2, 1.6][i] as number, 6)),
      [8, 8],
    ]);
    await session.call(inputs(10, 20));
    await session.undo();
    await expect(session.undo()).rejects.toThrow(/no call to take back/);
    expect((await session.readState(['average', 'weight']))['weight']).toEqual(weight);
    await session.call(inputs(10, 20));
    await session.writeState({ weight: vector(3, 4), center: vector(1, 1) });
    await expect(session.undo()).rejects.toThrow(/no call to take back/);
    expect(values((await session.call(inputs(0, 0)))['length'])).toEqual([5]);
    expect(values((await session.readState(['center']))['center'])).toEqual([8, 8]);
    await session.dispose();
  });

  it('keeps a copy of the state as it was apart from that state', async () => {
    const copies: Program = {
      name: 'copies',
      state: { now: float32(2), before: float32(2), flat: float32(2, 1) },
      inputs: { x: float32(2) },
      body: ({ now }, { x }) => ({
        state: {
          now: tf.sub(now as tf.Tensor, tf.exp(x as tf.Tensor)),
          before: tf.clone(now as tf.Tensor),
          flat: tf.reshape(now as tf.Tensor, [2, 1]),
        },
        outputs: {},
      }),
    };
    const flat = { ...vector(0, 0), shape: [2, 1] };
    const session = await engine.compile(copies, { now: vector(10, 20), before: vector(0, 0), flat });
    await session.call({ x: vector(0, 0) });
    const state = await session.readState();
    expect(values(state['now'])).toEqual([9, 19]);
    expect(values(state['before'])).toEqual([10, 20]);
    expect(values(state['flat'])).toEqual([10, 20]);
    await session.dispose();
  });

  it('does not touch the tensors that it was given', async () => {
    const session = await engine.compile(counter, start);
    await session.call({ x: vector(1, 1) });
    await session.call({ x: vector(1, 1) });
    expect(values(start.total)).toEqual([1, 2]);
    await session.dispose();
  });
};

for (const { name, open, isMissing } of EVERY_ENGINE)
  describe.skipIf(isMissing)(`a session of ${name}`, sessionsOf(open));

describe('the ONNX session', () => {
  it('names the input of a wrong shape', async () => {
    const session = await onnxEngine.compile(counter, start);
    await expect(session.call({ x: vector(1, 2, 3) })).rejects.toThrow('compiled for x of shape [2] and got [3]');
    await expect(session.call({})).rejects.toThrow('counter needs the input x');
    await session.dispose();
  });
});

describe('choosing', () => {
  it('takes an engine for speed when nothing else is said', async () => {
    expect((await chooseEngine('auto')).name).toMatch(tensorflowIsMissing ? /^onnx$/ : /^(onnx|tensorflow)$/);
  });

  it.each(['onnx', 'eager'] as const)('refuses bfloat16 on %s', async (name) => {
    await expect(chooseEngine(name, { precision: 'bfloat16' })).rejects.toThrow(
      `The engine ${name} cannot multiply in bfloat16: use the engine tensorflow, or float32.`,
    );
  });

  it('says for each engine either its version or why not and what to do', async () => {
    for (const engine of await listEngines()) {
      if (engine.available) expect(engine.version).toMatch(/\d+\.\d+/);
      else expect(`${engine.reason} ${engine.fix}`).toMatch(/\w+ \w+/);
    }
  });
});
