/** Classifiers on frozen vectors, by an engine that tells what it was given and whose logits are the vectors themselves. */
import { expect, it } from 'vitest';
import type { Engine } from '../../../src/engines/engine.js';
import { judge } from '../../../src/evaluation/judge.js';
import { LinearProbes, scaledRate } from '../../../src/evaluation/linearProbe.js';
import { initialProbes } from '../../../src/method/linearProbe.js';
import type { NamedHostTensors } from '../../../src/program/program.js';
import { WITHOUT_STATE } from './surroundings.js';

const SHAPE = { probes: 2, classes: 6, dim: 6, batch: 4 };

/** The second classifier says the opposite of the first. @param losses of each step, by classifier */
async function probesBy(losses: readonly (readonly number[])[] = []) {
  const asked = { steps: [] as NamedHostTensors[], written: [] as NamedHostTensors[], disposed: [] as string[] };
  const engine: Engine = {
    ...{ name: 'eager', version: 'known' },
    compile: async (program, state) => ({
      call: async (inputs) => {
        if ('targets' in inputs) {
          const loss = Float32Array.from(losses[asked.steps.length] ?? [0, 0]);
          asked.steps.push(inputs);
          return { loss: { shape: [2], dtype: 'float32', data: loss } };
        }
        const vectors = inputs['vectors']?.data ?? new Float32Array();
        const rows = Array.from({ length: SHAPE.batch }, (_, row) => [...vectors.subarray(6 * row, 6 * row + 6)]);
        const logits = rows.flatMap((row) => [...row, ...row.map((value) => -value)]);
        return { logits: { shape: [4, 2, 6], dtype: 'float32', data: Float32Array.from(logits) } };
      },
      undo: async () => undefined,
      readState: async (names = Object.keys(state)) =>
        Object.fromEntries(Object.entries(state).filter(([name]) => names.includes(name))),
      writeState: async (values) => {
        asked.written.push(values);
      },
      dispose: async () => {
        asked.disposed.push(program.name);
      },
    }),
  };
  return { probes: await LinearProbes.create(engine, SHAPE, initialProbes(SHAPE, 1)), asked };
}

/** Six classes; each vector has its own number in the place of its class. */
function vectors(labels: readonly number[], numberOf = (row: number) => row + 1) {
  const data = new Float32Array(labels.length * 6);
  labels.forEach((label, row) => {
    data[6 * row + label] = numberOf(row);
  });
  return { vectors: { rows: labels.length, dim: 6, data }, labels: Int32Array.from(labels) };
}

it('an epoch shows each vector once, in the given order, with its class and its share of the batch', async () => {
  const { probes, asked } = await probesBy();
  const order = Int32Array.of(8, 0, 7, 1, 6, 2, 5, 3, 4);
  const all = vectors([0, 1, 2, 3, 4, 5, 0, 1, 2]);
  await probes.epoch(all, [0.5, 0.25], order);
  const rowsOf = (name: string) =>
    asked.steps.flatMap((inputs) =>
      [0, 1, 2, 3].map((row) => [...(inputs[name]?.data.subarray(6 * row, 6 * row + 6) ?? [])]),
    );
  const oneHot = (at: number | undefined, value: number) => Array.from({ length: 6 }, (_, i) => (i === at ? value : 0));
  const empty = Array.from({ length: 3 }, () => oneHot(undefined, 0));
  expect(rowsOf('vectors')).toEqual([...Array.from(order, (row) => oneHot(all.labels[row], row + 1)), ...empty]);
  expect(rowsOf('targets')).toEqual([...Array.from(order, (row) => oneHot(all.labels[row], 1)), ...empty]);
  expect(asked.steps.map((inputs) => [...(inputs['share']?.data ?? [])])).toEqual([[1 / 4], [1 / 4], [1]]);
  expect(asked.steps.map((inputs) => [...(inputs['lr']?.data ?? [])])).toEqual(Array(3).fill([0.5, 0.25]));
});

it('an epoch of whole batches has none that is empty, and its loss is the mean of its batches', async () => {
  const { probes, asked } = await probesBy([
    [1, 10],
    [2, 30],
  ]);
  const order = Int32Array.from({ length: 8 }, (_, i) => i);
  expect(await probes.epoch(vectors(Array(8).fill(2)), [1, 1], order)).toEqual([1.5, 20]);
  expect(asked.steps).toHaveLength(2);
});

it('classifiers are judged on every vector as they are now, a short last batch like the others', async () => {
  const { probes, asked } = await probesBy();
  const all = vectors([0, 1, 2, 3, 4, 5]);
  const { loss, top1, top5, predicted } = await probes.test(all);
  expect(predicted.map((each) => [...each])).toEqual([
    [0, 1, 2, 3, 4, 5],
    // Of five equal logits the first class.
    [1, 0, 0, 0, 0, 0],
  ]);
  expect([top1, top5]).toEqual([
    [100, 0],
    [100, 0],
  ]);
  const of = (value: number) => Math.log(Math.exp(value) + 5) - value;
  const mean = (sign: number) =>
    ([1, 2, 3, 4].reduce((sum, value) => sum + of(sign * value), 0) / 4 + (of(sign * 5) + of(sign * 6)) / 2) / 2;
  expect(loss).toEqual([1, -1].map((sign) => expect.closeTo(mean(sign), 5)));
  expect(asked.written.map(Object.keys), 'no momentum').toEqual([['weight', 'bias']]);
  await probes.dispose();
  expect(asked.disposed).toEqual(['linear probe, step', 'linear probe, logits']);
});

it('a class counts for top-5 as the fifth, and not as the sixth', async () => {
  const { probes } = await probesBy();
  // The numbers of a vector fall from class to class; the second classifier's rise.
  const falling = { rows: 2, dim: 6, data: Float32Array.of(...[6, 5, 4, 3, 2, 1], ...[6, 5, 4, 3, 2, 1]) };
  const { top1, top5 } = await probes.test({ vectors: falling, labels: Int32Array.of(4, 5) });
  expect([top1, top5]).toEqual([
    [0, 50],
    [50, 100],
  ]);
});

it('a rate for 256 images grows with the batch', () => {
  expect([scaledRate(0.1, 256), scaledRate(0.1, 1024), scaledRate(0.1, 64)]).toEqual([0.1, 0.4, 0.025]);
});

it('of equal logits the class of the smaller number comes first, and one that ran away is right about nothing', () => {
  expect(judge(Float32Array.of(1, 3, 3), 2)).toEqual({
    loss: expect.closeTo(Math.log(2 + Math.exp(-2)), 6),
    place: 1,
    first: 1,
  });
  expect(judge(Float32Array.of(1, 3, 3), 1)).toMatchObject({ place: 0, first: 1 });
  expect(judge(Float32Array.of(1000, 0), 1).loss).toBe(1000);
  for (const lost of [Number.NaN, Number.POSITIVE_INFINITY])
    expect(judge(Float32Array.of(0, lost), 0)).toEqual({ loss: Number.NaN, place: Number.POSITIVE_INFINITY, first: 0 });
});

it('classifiers need weights to go on from, and an engine that gives their logits', async () => {
  const engine: Engine = {
    ...{ name: 'eager', version: 'silent' },
    compile: async () => ({
      call: async () => ({}),
      ...WITHOUT_STATE,
      dispose: async () => undefined,
    }),
  };
  const { weight, bias, ...momentum } = initialProbes(SHAPE, 1);
  if (weight === undefined || bias === undefined) throw new Error('no weights');
  for (const state of [momentum, { ...momentum, weight }, { ...momentum, bias }])
    await expect(LinearProbes.create(engine, SHAPE, state)).rejects.toThrow('the classifiers have no weights');
  const probes = await LinearProbes.create(engine, SHAPE, { ...momentum, weight, bias });
  await expect(probes.test(vectors([0]))).rejects.toThrow('the classifiers gave no logits');
});
