import { describe, expect, it } from 'vitest';
import { onnxNames } from '../../../src/compile/onnx/emit.js';
import { openOnnxEngine } from '../../../src/engines/onnx.js';
import { onnxByPackage } from '../../../src/engines/onnxByPackage.js';
import { onnxInPlace } from '../../../src/engines/onnxInPlace.js';
import { compileToOnnx } from '../../../src/engines/onnxModel.js';
import type { OnnxLibrary, OnnxRunner, OnnxTensor } from '../../../src/engines/onnxRunner.js';
import { SMALL_SAMPLE, sampleStep } from '../../../src/engines/sampleStep.js';
import { type HostTensor, sizeOf, type TensorSpec } from '../../../src/program/program.js';

const OPTIONS = { optimize: true, waiting: 'asleep' } as const;
const { program, state, inputs } = sampleStep(SMALL_SAMPLE);
const model = compileToOnnx(program);

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
  it('does what is asked of it during a call afterwards, in turn', async () => {
    const engine = openOnnxEngine('cpu', () => undefined);
    const inOrder = await engine.compile(program, state);
    const [one, two] = [await inOrder.call(inputs(1)), await inOrder.call(inputs(2))];
    const end = await inOrder.readState();
    await inOrder.dispose();

    const atOnce = await engine.compile(program, state);
    const calls = [atOnce.call(inputs(1)), atOnce.call(inputs(2)), atOnce.readState()];
    const [undone, before, disposed] = [atOnce.undo(), atOnce.readState(), atOnce.dispose()];
    expect(await Promise.all(calls)).toEqual([one, two, end]);
    await undone;
    expect(await before).not.toEqual(end);
    await disposed;
    await expect(atOnce.call(inputs(3))).rejects.toThrow();
  });
});
