import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { onnxNames } from '../../../src/compile/onnx/emit.js';
import { openOnnxEngine } from '../../../src/engines/onnx.js';
import { onnxByPackage } from '../../../src/engines/onnxByPackage.js';
import { onnxInPlace } from '../../../src/engines/onnxInPlace.js';
import { compileToOnnx, openModel } from '../../../src/engines/onnxModel.js';
import type { OnnxLibrary, OnnxRunner, OnnxTensor } from '../../../src/engines/onnxRunner.js';
import { OnnxSession } from '../../../src/engines/onnxSession.js';
import { SMALL_SAMPLE, sampleStep } from '../../../src/engines/sampleStep.js';
import { float32, type HostTensor, type Program, sizeOf, type TensorSpec } from '../../../src/program/program.js';

const OPTIONS = { optimize: true, waiting: 'asleep', sharesMemory: false } as const;
const { program, state, inputs } = sampleStep(SMALL_SAMPLE);
const model = compileToOnnx(program).then(({ model }) => model);

const zeros = ({ shape, dtype }: TensorSpec): HostTensor => {
  const size = sizeOf(shape);
  return { shape, dtype, data: dtype === 'float32' ? new Float32Array(size) : new Int32Array(size) };
};

function feedsOf(library: OnnxLibrary): Map<string, OnnxTensor> {
  const tensors = [
    ...Object.entries(state).map(([name, tensor]) => [onnxNames.state(name), tensor] as const),
    ...Object.entries(inputs(1)).map(([name, tensor]) => [onnxNames.input(name), tensor] as const),
  ];
  return new Map(tensors.map(([name, tensor]) => [name, library.tensor(tensor)]));
}

const emptyOutputs = (library: OnnxLibrary, { outputs }: OnnxRunner): Map<string, OnnxTensor> =>
  new Map(outputs.map((output) => [output.name, library.tensor(zeros(output))]));

const libraries = { inPlace: onnxInPlace, byPackage: onnxByPackage('cpu') };

async function runOnce(library: OnnxLibrary): Promise<Map<string, HostTensor>> {
  const runner = await library.open(await model, OPTIONS);
  const outputs = emptyOutputs(library, runner);
  await runner.run(feedsOf(library), outputs);
  await runner.release();
  return new Map([...outputs].map(([name, { host }]) => [name, host]));
}

describe('a training step', () => {
  it('is the same to the bit by both interfaces of the runtime, each result in the memory that was given', async () => {
    const inPlace = await runOnce(libraries.inPlace);
    expect(inPlace.get(onnxNames.output('loss'))?.data[0]).toBeGreaterThan(0);
    expect(inPlace).toEqual(await runOnce(libraries.byPackage));
  });
});

describe('in place', () => {
  it('leaves the thread free while it computes', async () => {
    const runner = await onnxInPlace.open(await model, OPTIONS);
    let isRunning = true;
    let turns = 0;
    const turn = () => {
      turns++;
      if (isRunning) setImmediate(turn);
    };
    const call = runner.run(feedsOf(onnxInPlace), emptyOutputs(onnxInPlace, runner));
    setImmediate(turn);
    await call;
    isRunning = false;
    expect(turns).toBeGreaterThan(1);
    await runner.release();
  });

  it('is not released while it computes', async () => {
    const runner = await onnxInPlace.open(await model, OPTIONS);
    const outputs = emptyOutputs(onnxInPlace, runner);
    const call = runner.run(feedsOf(onnxInPlace), outputs);
    await expect(runner.release()).rejects.toThrow('A call of the session is under way.');
    await call;
    expect(outputs.get(onnxNames.output('loss'))?.host.data[0]).toBeGreaterThan(0);
    await runner.release();
    await expect(runner.run(feedsOf(onnxInPlace), outputs)).rejects.toThrow('The session has been released.');
  });

  it('goes on after a call that failed', async () => {
    const runner = await onnxInPlace.open(await model, OPTIONS);
    const feeds = feedsOf(onnxInPlace);
    const outputs = emptyOutputs(onnxInPlace, runner);
    const [name = ''] = feeds.keys();
    const wrong = new Map(feeds).set(name, onnxInPlace.tensor(zeros({ shape: [1, 2, 3, 4, 5], dtype: 'float32' })));
    await expect(runner.run(wrong, outputs)).rejects.toThrow(name);
    await runner.run(feeds, outputs);
    expect(outputs.get(onnxNames.output('loss'))?.host.data[0]).toBeGreaterThan(0);
    await runner.release();
  });

  it('refuses what is missing, disposed of, or of another size than its shape', async () => {
    const runner = await onnxInPlace.open(await model, OPTIONS);
    const feeds = feedsOf(onnxInPlace);
    const outputs = emptyOutputs(onnxInPlace, runner);
    const [name = ''] = feeds.keys();
    feeds.get(name)?.dispose();
    await expect(runner.run(feeds, outputs)).rejects.toThrow('The tensor has been disposed of.');
    feeds.delete(name);
    await expect(runner.run(feeds, outputs)).rejects.toThrow(`The model's ${name} was not given.`);
    const short: HostTensor = { shape: [3], dtype: 'float32', data: new Float32Array(2) };
    expect(() => onnxInPlace.tensor(short)).toThrow('2 elements are not [3].');
    await runner.release();
  });

  it('says in the words of the runtime why a model cannot be opened', async () => {
    await expect(onnxInPlace.open(new Uint8Array([1, 2, 3]), OPTIONS)).rejects.toThrow('protobuf parsing failed');
  });
});

describe('a session of the engine', () => {
  it('has the same state after some steps by both interfaces', async () => {
    const states = [];
    for (const library of Object.values(libraries)) {
      const opened = await openModel(program, { version: 'of the test', models: undefined, library, stop: undefined });
      const session = new OnnxSession(program, { ...opened, profile: undefined });
      await session.writeState(state);
      for (const step of [1, 2, 3]) await session.call(inputs(step));
      states.push(await session.readState());
      await session.dispose();
    }
    expect(states[0]).not.toEqual(state);
    expect(states[1]).toEqual(states[0]);
  });

  it('does what is asked of it during a call afterwards, in turn', async () => {
    const engine = openOnnxEngine('cpu', () => undefined);
    const inOrder = await engine.compile(program, state);
    const [one, two] = [await inOrder.call(inputs(1)), await inOrder.call(inputs(2))];
    const end = await inOrder.readState();
    await inOrder.dispose();

    const atOnce = await engine.compile(program, state);
    const calls = [atOnce.call(inputs(1)), atOnce.call(inputs(2)), atOnce.readState(), atOnce.call(inputs(3))];
    const [undone, before, disposed] = [atOnce.undo(), atOnce.readState(), atOnce.dispose()];
    expect((await Promise.all(calls)).slice(0, 3)).toEqual([one, two, end]);
    await undone;
    expect(await before).toEqual(end);
    await disposed;
    await expect(atOnce.call(inputs(3))).rejects.toThrow();
  });
});

describe('a session whose calls may overlap', () => {
  const scaling: Program = {
    name: 'scaling',
    state: { w: float32(256) },
    inputs: { x: float32(64, 256) },
    body: ({ w }, { x }) => ({ state: {}, outputs: { y: tf.mul(tf.exp(x as tf.Tensor), tf.exp(w as tf.Tensor)) } }),
  };
  const all = (value: number, shape: readonly number[]): HostTensor => ({
    shape,
    dtype: 'float32',
    data: new Float32Array(sizeOf(shape)).fill(value),
  });
  const engine = openOnnxEngine('cpu', () => undefined);
  const firstOf = ({ y }: Readonly<Record<string, HostTensor>>) => y?.data[0];
  const product = (x: number, w: number) => expect.closeTo(Math.exp(x) * Math.exp(w), 4);

  it('gives each its own result, with the state that was there when it was asked for', async () => {
    const session = await engine.compile(scaling, { w: all(1, [256]) }, { callsAtOnce: 2 });
    const call = async (x: number) => firstOf(await session.call({ x: all(x, [64, 256]) }));
    const before = [call(0), call(1), call(2)];
    const written = session.writeState({ w: all(2, [256]) });
    const after = [call(0), call(1)];
    await written;
    expect(await Promise.all(before)).toEqual([product(0, 1), product(1, 1), product(2, 1)]);
    expect(await Promise.all(after)).toEqual([product(0, 2), product(1, 2)]);
    const last = call(3);
    await session.dispose();
    expect(await last).toEqual(product(3, 2));
    await expect(call(1)).rejects.toThrow('The session of scaling has been disposed of.');
    await expect(session.writeState({ w: all(2, [256]) })).rejects.toThrow('has been disposed of');
  });

  it('keeps its whole state where a part of what is to be written has another shape', async () => {
    const session = await engine.compile(scaling, { w: all(1, [256]) }, { callsAtOnce: 2 });
    const call = async (x: number) => firstOf(await session.call({ x: all(x, [64, 256]) }));
    expect(await call(1)).toEqual(product(1, 1));
    await expect(session.writeState({ w: all(2, [256]), u: all(2, [3]) })).rejects.toThrow('scaling has no state u.');
    expect((await session.readState())['w']).toEqual(all(1, [256]));
    expect(await call(1)).toEqual(product(1, 1));
    await session.dispose();
  });

  it('prepares nothing of a state that changes, even where the model gives nothing for its update', async () => {
    const fading: Program = {
      name: 'fading',
      state: { w: float32(256) },
      inputs: { x: float32(64, 256), rate: float32() },
      body: ({ w }, { x, rate }) => ({
        state: { w: tf.mul(w as tf.Tensor, rate as tf.Tensor) },
        outputs: { y: tf.mul(tf.exp(x as tf.Tensor), tf.exp(w as tf.Tensor)) },
      }),
    };
    const session = await engine.compile(fading, { w: all(2, [256]) });
    const call = async () => firstOf(await session.call({ x: all(1, [64, 256]), rate: all(0.5, []) }));
    expect([await call(), await call(), await call()]).toEqual([product(1, 2), product(1, 1), product(1, 0.5)]);
    await session.dispose();
  });

  it('prepares again what could not be prepared the first time', async () => {
    let opened = 0;
    const failing: OnnxLibrary = {
      ...onnxInPlace,
      open: (model, options) => {
        opened++;
        // The first is the model itself.
        if (opened === 2) throw new Error('no memory');
        return onnxInPlace.open(model, options);
      },
    };
    const model = await openModel(scaling, {
      version: 'of the test',
      models: undefined,
      library: failing,
      stop: undefined,
    });
    const session = new OnnxSession(scaling, { ...model, profile: undefined, overlaps: true });
    await session.writeState({ w: all(1, [256]) });
    const call = async (x: number) => firstOf(await session.call({ x: all(x, [64, 256]) }));
    await expect(call(1)).rejects.toThrow('no memory');
    expect(await Promise.all([call(1), call(2)])).toEqual([product(1, 1), product(2, 1)]);
    expect(opened).toBe(3);
    await session.dispose();
  });

  it('is refused for a program that changes its state', async () => {
    await expect(engine.compile(program, state, { callsAtOnce: 2 })).rejects.toThrow('each changes the state');
  });
});

describe('the memory of training steps', () => {
  /** 256 MiB for what becomes the gradient. */
  const large: Program = {
    name: 'large',
    state: { w: float32(4096) },
    inputs: { x: float32(16384, 4096) },
    body: ({ w }, { x }) => {
      const gradient = tf.sum(tf.exp(tf.mul(x as tf.Tensor, w as tf.Tensor)), 0);
      return { state: { w: tf.sub(w as tf.Tensor, gradient) }, outputs: {} };
    },
  };

  it('is given back when their session ends', async () => {
    const x: HostTensor = { shape: [16384, 4096], dtype: 'float32', data: new Float32Array(16384 * 4096) };
    const session = await openOnnxEngine('cpu', () => undefined).compile(large, {
      w: { shape: [4096], dtype: 'float32', data: new Float32Array(4096) },
    });
    await session.call({ x });
    const during = process.memoryUsage.rss();
    await session.dispose();
    expect(during - process.memoryUsage.rss()).toBeGreaterThan(200 * 2 ** 20);
  });
});
