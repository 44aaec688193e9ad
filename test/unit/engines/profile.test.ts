import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { chromeTrace, costByOp, type Span } from '../../../src/engines/profile.js';
import { float32, type HostTensor, type Program } from '../../../src/program/program.js';
import { onnxEngine } from './onnxEngine.js';

const op = (name: string, kind: string, duration: number): Span => ({
  name,
  op: kind,
  start: 1,
  duration,
  thread: 'runtime',
});

it('adds up what the ops cost, dearest first, and leaves out what is no op', () => {
  const spans = [
    op('a', 'Add', 1),
    op('b', 'MatMul', 6),
    op('c', 'Add', 1),
    { name: 'step 1', start: 0, duration: 9, thread: 'dino' },
  ];
  expect(costByOp(spans)).toEqual([
    { op: 'MatMul', count: 1, milliseconds: 6, share: 0.75 },
    { op: 'Add', count: 2, milliseconds: 2, share: 0.25 },
  ]);
});

it('writes a trace in microseconds, a line for each thread', () => {
  const spans = [{ name: 'step 1', start: 2, duration: 9, thread: 'dino' }, op('b', 'MatMul', 6)];
  expect(chromeTrace(spans)).toMatchObject({
    traceEvents: [
      { ph: 'M', tid: 0, args: { name: 'dino' } },
      { ph: 'M', tid: 1, args: { name: 'runtime' } },
      { ph: 'X', name: 'step 1', ts: 2000, dur: 9000, tid: 0 },
      { ph: 'X', name: 'MatMul', ts: 1000, dur: 6000, tid: 1, args: { node: 'b' } },
    ],
  });
});

it('tells what each op of a call took on onnx, within that call', async () => {
  const side = 64;
  const program: Program = {
    name: 'product',
    state: { a: float32(side, side) },
    inputs: { b: float32(side, side) },
    body: ({ a }, { b }) => ({ state: {}, outputs: { product: tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D) } }),
  };
  const matrix: HostTensor = { ...float32(side, side), data: new Float32Array(side * side).fill(1) };
  const session = await onnxEngine.compile(program, { a: matrix }, { profile: true });
  const started = performance.now();
  await session.call({ b: matrix });
  await session.call({ b: matrix });
  const ended = performance.now();
  const spans = (await session.takeProfile?.()) ?? [];
  await session.dispose();
  const products = spans.filter((span) => span.op === 'MatMul' || span.op === 'Gemm');
  expect(products).toHaveLength(2);
  for (const { start, duration } of products) {
    expect(start).toBeGreaterThanOrEqual(started);
    expect(duration).toBeGreaterThan(0);
    expect(start + duration).toBeLessThanOrEqual(ended);
  }
});

it('notes nothing unless asked to', async () => {
  const negative: Program = {
    name: 'negative',
    state: {},
    inputs: { x: float32(1) },
    body: (_, { x }) => ({ state: {}, outputs: { y: tf.neg(x as tf.Tensor) } }),
  };
  const session = await onnxEngine.compile(negative, {});
  await session.call({ x: { ...float32(1), data: Float32Array.of(1) } });
  expect(await session.takeProfile?.()).toEqual([]);
  await session.dispose();
});
