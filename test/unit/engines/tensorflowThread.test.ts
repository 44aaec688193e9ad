import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engines/engine.js';
import { SMALL_SAMPLE, sampleStep } from '../../../src/engines/sampleStep.js';
import { openTensorFlowEngine } from '../../../src/engines/tensorflow/engine.js';
import { nativeWorkIsUnderWay } from '../../../src/engines/underWay.js';
import { float32, type HostTensor, type Program } from '../../../src/program/program.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { TINY, writeImages } from '../training/images.js';
import { tensorflowIsMissing, whySkipped } from './tensorflowHere.js';

const vector = (...values: number[]): HostTensor => ({
  shape: [values.length],
  dtype: 'float32',
  data: Float32Array.from(values),
});

const counter: Program = {
  name: 'counter',
  state: { total: float32(2) },
  inputs: { x: float32(2) },
  body: ({ total }, { x }) => {
    const sum = tf.add(total as tf.Tensor, x as tf.Tensor);
    return { state: { total: sum }, outputs: { sum } };
  },
};

describe.skipIf(tensorflowIsMissing)(`TensorFlow on its thread${whySkipped}`, () => {
  let plain: Engine;
  let xla: Engine;
  beforeAll(() => {
    const thread = path.resolve('dist/tensorflowThread.cjs');
    plain = openTensorFlowEngine({ form: 'plain', thread });
    xla = openTensorFlowEngine({ form: 'xla', thread });
  });

  it('keeps its state, takes a call back, and leaves its caller’s arrays alone', async () => {
    const x = vector(1, 2);
    const session = await plain.compile(counter, { total: vector(0, 0) });
    await session.call({ x });
    expect(Array.from((await session.call({ x }))['sum']?.data ?? [])).toEqual([2, 4]);
    await session.undo();
    expect(Array.from((await session.readState())['total']?.data ?? [])).toEqual([1, 2]);
    expect(Array.from(x.data)).toEqual([1, 2]);
    const wrongLength: HostTensor = { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2, 3) };
    await expect(session.call({ x: wrongLength })).rejects.toThrow(/\w+/);
    await session.dispose();
    expect(nativeWorkIsUnderWay()).toBe(false);
  });

  it('lets this one go on while XLA compiles, and lets go of it when it is stopped', async () => {
    const { program, state } = sampleStep(SMALL_SAMPLE);
    const stop = new AbortController();
    let turns = 0;
    const ticking = setInterval(() => turns++, 20);
    const compiling = xla.compile(program, state, { stop: stop.signal });
    await expect.poll(nativeWorkIsUnderWay).toBe(true);
    // More turns than opening takes: XLA is at work, and this thread is not held up.
    const before = turns;
    await expect.poll(() => turns - before).toBeGreaterThan(5);
    stop.abort(new Error('enough'));
    await expect(compiling).rejects.toThrow('enough');
    clearInterval(ticking);
    expect(nativeWorkIsUnderWay()).toBe(true);
  });

  it('does not keep a run from ending by Ctrl+C while its step is compiled', async () => {
    const data = await writeImages(temporaryFolder(), 8);
    const run = path.join(temporaryFolder(), 'run');
    // Deep enough for XLA to need a while.
    const settings = Object.entries({ ...TINY, depth: 12, engine: 'tensorflow' }).flatMap(([key, value]) => [
      '--set',
      `${key}=${value}`,
    ]);
    const dino = spawn(process.execPath, ['dist/cli.cjs', 'train', data, '--out', run, ...settings], {
      env: { ...process.env, DINO_TENSORFLOW_XLA: '1' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    let isTold = false;
    dino.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (/compiling for tensorflow, \d+ s/.test(said) && !isTold) isTold = dino.kill('SIGINT');
    });
    const [code, signal] = await once(dino, 'close');
    // By the signal when XLA is at work, which an exit would wait for; on a busy machine it may not have come so far.
    expect([0, 'SIGINT'], said).toContain(signal ?? code);
    expect(said).toContain('ended after step 0 (stopped)');
    expect(JSON.parse(readFileSync(path.join(run, 'run.json'), 'utf8'))).toMatchObject({ status: 'stopped' });
  });
});
