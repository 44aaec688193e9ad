import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { Graph } from '../../../src/compile/graph.js';
import { simplify } from '../../../src/compile/simplify.js';
import { type StateUpdates, splitStateUpdates } from '../../../src/compile/stateUpdates.js';
import { trace } from '../../../src/compile/trace.js';
import { packed, unpacked } from '../../../src/engines/compiledProgram.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { StateUpdater } from '../../../src/engines/updates/stateUpdater.js';
import { updateMemoryFor } from '../../../src/engines/updates/updateMemory.js';
import { OPTIMIZERS, type OptimizerName } from '../../../src/method/optimizers/index.js';
import { float32, type HostTensor, type Program, sizeOf } from '../../../src/program/program.js';
import { interpret } from '../compile/interpret.js';

const THREAD = path.resolve('dist/updateThread.cjs');
const NO_THREAD = 'no such file';

/** One parameter and its moving average; the gradient is `exp(x)`, clipped. */
function optimizing(name: OptimizerName, shape: readonly number[]): Program {
  const optimizer = OPTIMIZERS[name];
  const coefficients = Object.keys(optimizer.frozen);
  return {
    name,
    state: Object.fromEntries(['w', 'average', ...optimizer.moments].map((key) => [key, float32(...shape)])),
    inputs: {
      x: float32(...shape),
      momentum: float32(),
      ...Object.fromEntries(coefficients.map((key) => [key, float32()])),
    },
    body: (state, inputs) => {
      const gradient = tf.exp(inputs['x'] as tf.Tensor);
      const { parameter, moments } = optimizer.update(
        {
          parameter: state['w'] as tf.Tensor,
          gradient,
          gradientScale: tf.minimum(tf.div(3, tf.sqrt(tf.sum(tf.mul(gradient, gradient)))), 1) as tf.Scalar,
          moments: state as never,
        },
        inputs as never,
      );
      const momentum = inputs['momentum'] as tf.Scalar;
      const average = tf.add(tf.mul(state['average'] as tf.Tensor, momentum), tf.mul(parameter, tf.sub(1, momentum)));
      return { state: { w: parameter, average, ...moments }, outputs: {} };
    },
  };
}

async function compiled(program: Program) {
  const traced = await trace(program);
  await useCpuBackend();
  const whole = simplify(traced);
  return { whole, ...splitStateUpdates(whole) };
}

/** Numbers that are never the same twice, some of them 0. */
const numbers = (size: number, seed: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => ((i * 7919 + seed * 104729) % 2003) / 1000 - (i % 5 === 0 ? 0 : 1));

const given = ({ state, inputs }: Program): Record<string, Float32Array> =>
  Object.fromEntries(
    Object.entries({ ...state, ...inputs }).map(([name, { shape }], i) => {
      const values = numbers(sizeOf(shape), i);
      return [name, name.startsWith('exp_avg_sq') || name === 'momentum' ? values.map(Math.abs) : values];
    }),
  );

const asInput = (data: Float32Array): HostTensor => ({ shape: [data.length], dtype: 'float32', data });

const open: StateUpdater[] = [];
afterEach(() => Promise.all(open.splice(0).map((updater) => updater.dispose())));

function updaterOf(updates: StateUpdates, threadFile = NO_THREAD): StateUpdater {
  const updater = new StateUpdater(updates, threadFile);
  open.push(updater);
  return updater;
}

/** Runs the graph that is left, then the updates; the state after it. */
async function updated(program: Program, values: Record<string, Float32Array>, threadFile?: string) {
  const { graph, handedOn, updates } = await compiled(program);
  const updater = updaterOf(updates, threadFile);
  for (const [name, tensor] of updater.state) tensor.set(values[name] as Float32Array);
  const handed: Graph = { ...graph, outputs: new Map(handedOn.map((value, place) => [`${place}`, value])) };
  const results = await interpret(handed, values);
  handedOn.forEach((_, place) => {
    updater.handedOn(place).set(results[place] as Float32Array);
  });
  updater.note(Object.fromEntries(Object.entries(values).map(([name, data]) => [name, asInput(data)])));
  await updater.run();
  return { ...results, ...Object.fromEntries([...updater.state].map(([name, data]) => [`new ${name}`, data.slice()])) };
}

describe('Updates in place', () => {
  it.each(Object.keys(OPTIMIZERS) as OptimizerName[])('are to the bit what the graph computes: %s', async (name) => {
    for (const size of [2, 3, 4, 17, 1024]) {
      const program = optimizing(name, [size]);
      const values = given(program);
      const { whole } = await compiled(program);
      const [before, after] = [await interpret(whole, values), await updated(program, values)];
      for (const key of Object.keys(program.state))
        expect(after[`new ${key}` as keyof typeof after], `${key} of ${size}`).toEqual(before[`new ${key}`]);
    }
  });

  it('are the same by several threads as by this one, also when they are made again', async () => {
    const program = optimizing('adamw', [3, 100_001]);
    const values = given(program);
    const alone = await updated(program, values);
    expect(await updated(program, values, THREAD)).toEqual(alone);
    const { updates } = await compiled(program);
    const [once, again] = [updaterOf(updates), updaterOf(updates, THREAD)];
    const positive = (size: number, seed: number) => numbers(size, seed).map(Math.abs);
    for (const updater of [once, again]) {
      [...updater.state.values()].forEach((data, i) => {
        data.set(positive(data.length, i));
      });
      for (let step = 0; step < 3; step++) {
        for (const place of [0, 1]) updater.handedOn(place).set(positive(updater.handedOn(place).length, step));
        updater.note(Object.fromEntries(Object.entries(values).map(([name, data]) => [name, asInput(data)])));
        await updater.run();
      }
    }
    for (const [name, data] of once.state) expect(again.state.get(name), name).toEqual(data);
  });

  it('are due from when the graph has run until they are made, or forgotten', async () => {
    const program = optimizing('sgd', [4]);
    const { updates } = await compiled(program);
    const inputs = Object.fromEntries(Object.entries(given(program)).map(([name, data]) => [name, asInput(data)]));
    const updater = updaterOf(updates);
    expect(updater.isDue).toBe(false);
    updater.note(inputs);
    expect(updater.isDue).toBe(true);
    await updater.run();
    expect(updater.isDue).toBe(false);
    updater.note(inputs);
    updater.forget();
    expect(updater.isDue).toBe(false);
    updater.note(inputs);
    await updater.dispose();
    await expect(updater.run()).rejects.toThrow('The session has been disposed of.');
    expect(updater.isDue).toBe(true);
  });

  it('say what is missing', async () => {
    const { updates } = await compiled(optimizing('sgd', [4]));
    const updater = updaterOf(updates);
    expect(() => updater.note({})).toThrow('An update was given no number: {"input":"gradient"}.');
    expect(() => updater.handedOn(99)).toThrow('No update takes what is handed on at 99.');
  });

  it('are not made after their end, and end a run that is under way', async () => {
    const { updates } = await compiled(optimizing('adamw', [3, 1_000_000]));
    const updater = updaterOf(updates, THREAD);
    const run = expect(updater.run()).rejects.toThrow('A thread that updates the state has ended.');
    await updater.dispose();
    await run;
    await expect(updater.run()).rejects.toThrow('The session has been disposed of.');
  });

  it('end with an error when a thread does', async () => {
    const { updates } = await compiled(optimizing('adamw', [3, 100_000]));
    const updater = updaterOf(updates, path.resolve('test/unit/engines/endingThread.cjs'));
    await expect(updater.run()).rejects.toThrow('A thread that updates the state has ended.');
    await expect(updater.run()).rejects.toThrow('A thread that updates the state has ended.');
  });
});

describe('The memory of updates', () => {
  it('begins a new one where tensors would not fit into one that has addresses of 32 bits', () => {
    const update = (size: number) => ({ kernel: 0, size, tensors: [{ state: `${size}` }], numbers: [] });
    const billion = 2 ** 29;
    const { memories, placed, state } = updateMemoryFor({
      kernels: [],
      updates: [update(billion), update(100), update(billion + 4), update(5)],
    });
    expect(memories).toHaveLength(2);
    expect(placed.map(({ memory }) => memory)).toEqual([0, 0, 1, 1]);
    expect(state.get('5')).toHaveLength(5);
    expect((state.get('100') as Float32Array).byteOffset).toBeGreaterThan(4 * billion);
  });
});

describe('The memory of updaters that have ended', () => {
  it('is given back, though they are still there', async () => {
    const { updates } = await compiled(optimizing('sgd', [4096, 4096]));
    const ended: StateUpdater[] = [];
    const after: number[] = [];
    for (let i = 0; i < 5; i++) {
      const updater = updaterOf(updates);
      for (const tensor of updater.state.values()) tensor.fill(1);
      await updater.dispose();
      ended.push(updater);
      after.push(process.memoryUsage.rss());
    }
    expect(ended.map(({ bytes }) => bytes)).toEqual([0, 0, 0, 0, 0]);
    // Each had 192 MiB.
    expect((after.at(-1) as number) - (after[0] as number)).toBeLessThan(300 * 2 ** 20);
  });
});

describe('A compiled program', () => {
  it('is the same when it was written and read', async () => {
    const { updates } = await compiled(optimizing('lars', [4, 5]));
    const model = Uint8Array.of(1, 2, 3);
    const read = unpacked(packed({ model, updates }));
    expect(read.updates).toEqual(updates);
    expect(Array.from(read.model)).toEqual([1, 2, 3]);
    expect(() => unpacked(Uint8Array.of(2, 0, 0, 0, 0x7b, 0x7d))).toThrow();
  });
});
