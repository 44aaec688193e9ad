/** k-NN of gray images, whose features are the nearer the nearer their levels are. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eagerEngine } from '../../../../src/engines/eager.js';
import { knn, nearestOfMany } from '../../../../src/evaluation/evaluations/knn.js';
import { fittingKs, ofUsualK } from '../../../../src/evaluation/knn.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';
import { computing, writeLevels } from '../surroundings.js';

const training = () =>
  writeLevels(temporaryFolder(), {
    ...{ 'dark/0.png': 0, 'dark/20.png': 20, 'dark/40.png': 40, 'dark/50.png': 50 },
    ...{ 'light/200.png': 200, 'light/220.png': 220 },
  });
/** One of the dark ones looks light. */
const testing = () => writeLevels(temporaryFolder(), { 'dark/10.png': 10, 'dark/210.png': 210, 'light/230.png': 230 });

async function evaluated(inputs: object, options: object, by = computing().by) {
  return (await knn.open(inputs, options, { tables: {} })).run(by);
}

it('test images are classified by each number of neighbors, and the best number tells of the classes', async () => {
  const [train, test] = [await training(), await testing()];
  const { by, asked, said } = computing();
  const outcome = await evaluated({ train, test }, { k: [6, 1, 2], temperature: 1000 }, by);
  // All votes weigh about the same: of all six, four are dark.
  const right = (100 * 2) / 3;
  const accuracies = {
    1: { top1: right, top5: right },
    2: { top1: right, top5: right },
    6: { top1: right, top5: 100 },
  };
  expect(outcome.images).toEqual({ train: 6, test: 3 });
  const classes = [
    { name: 'dark', images: 2, accuracy: 100 },
    { name: 'light', images: 1, accuracy: 0 },
  ];
  expect(outcome.result).toEqual({
    ...{ leaveOneOut: false, images: { train: 6, test: 3 }, accuracies, best: '6', classes },
    confusion: [
      [0, 0, 2],
      [1, 0, 1],
    ],
  });
  expect(outcome.summary).toEqual([
    { metric: 'knn_top1', value: right },
    { metric: 'knn_top5', value: right },
  ]);
  expect(outcome.json).toMatchObject({ ...accuracies, best: '6', leaveOneOut: false });
  expect(outcome.json).not.toHaveProperty('images');
  expect(outcome.lines).toEqual([
    '6 training and 3 test images, 2 classes',
    ...[1, 2].map((k) => `k ${k}: top-1 66.67 %, top-5 66.67 %`),
    'k 6: top-1 66.67 %, top-5 100.00 %',
  ]);
  expect(said.progress).toEqual([
    [6, 6, `features of ${train}`],
    [3, 3, `features of ${test}`],
  ]);
  expect(asked.disposed).toBe(1);
});

it('near neighbors outweigh many far ones, unless the temperature is high', async () => {
  const [train, test] = [await training(), await testing()];
  const confusionAt = async (options: object) =>
    ((await evaluated({ train, test }, { k: [6], ...options })).result as { confusion: unknown }).confusion;
  const nearer = [
    [0, 0, 1],
    [0, 1, 1],
    [1, 1, 1],
  ];
  expect(await confusionAt({})).toEqual(nearer);
  expect(await confusionAt({ temperature: 0.07 })).toEqual(nearer);
  expect(await confusionAt({ temperature: 1000 })).toEqual([
    [0, 0, 2],
    [1, 0, 1],
  ]);
});

it('the number of neighbors with the most right answers tells of the classes', async () => {
  const [train, test] = [
    await training(),
    await writeLevels(temporaryFolder(), { 'dark/30.png': 30, 'light/210.png': 210 }),
  ];
  for (const k of [
    [1, 6],
    [6, 1],
  ]) {
    const { result } = await evaluated({ train, test }, { k, temperature: 1000 });
    expect(result).toMatchObject({ best: '1', accuracies: { 1: { top1: 100 }, 6: { top1: 50 } } });
    expect(result).toMatchObject({ classes: [{ accuracy: 100 }, { accuracy: 100 }] });
  }
});

it('without test images each is tested by the others, of which all vote where there are few', async () => {
  const train = await training();
  const { images, result, lines } = await evaluated({ train }, {});
  expect(images).toEqual({ train: 6 });
  expect(result).toMatchObject({ leaveOneOut: true, images: { train: 6, test: 6 }, best: '5' });
  expect(result).toMatchObject({ accuracies: { 5: { top1: 100, top5: 100 } } });
  expect(lines[0]).toBe('6 images, each by the others, 2 classes');
  const tested = await evaluated({ train, test: await testing() }, {});
  expect(tested.result).toMatchObject({ best: '6', leaveOneOut: false });
});

it('what stands for all is the result of 20 neighbors, or of the fewest', () => {
  expect(ofUsualK({ 10: 'ten', 20: 'twenty', 100: 'hundred' })).toBe('twenty');
  expect(ofUsualK({ 100: 'hundred', 9: 'nine', 10: 'ten' })).toBe('nine');
});

it('the usual numbers of neighbors are those that there are images for', () => {
  expect([1000, 200, 199, 10, 9].map(fittingKs)).toEqual([
    [10, 20, 100, 200],
    [10, 20, 100, 200],
    [10, 20, 100],
    [10],
    [9],
  ]);
});

it('more neighbors than images are refused before anything is computed', async () => {
  const { by, asked } = computing();
  await expect(evaluated({ train: await training() }, { k: '1,6' }, by)).rejects.toThrow(
    'from 1 to 5, the number of other images; got 6',
  );
  expect(asked.calls).toEqual([]);
});

it('images that cannot be read are left out and named', async () => {
  const train = await training();
  writeFileSync(join(train, 'dark', '20.png'), 'torn');
  const { by, said } = computing();
  const { images, result } = await evaluated({ train }, {}, by);
  expect(images).toEqual({ train: 5 });
  expect(result).toMatchObject({ best: '4', classes: [{ images: 3 }, { images: 2 }] });
  expect(said.warnings).toEqual([expect.stringContaining('dark/20.png')]);
});

it('an evaluation that is not wanted any more ends with the reason', async () => {
  const stop = new AbortController();
  const { by, asked } = computing({ signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(evaluated({ train: await training() }, {}, by)).rejects.toThrow('enough');
  expect(asked.disposed).toBe(1);
});

it('many images are compared by the engine, as many as there are products of two numbers', async () => {
  const train = { rows: 3, dim: 2, data: Float32Array.of(1, 0, 0.6, 0.8, 0, 1) };
  const test = { rows: 2, dim: 2, data: Float32Array.of(0.8, 0.6, 0, 1) };
  const { by, said } = computing({ engine: eagerEngine });
  // 3 x 2 x 2, and 3 x 3 x 2 where each is tested by the others.
  expect(await nearestOfMany(train, test, 2, by, 13)).toBeUndefined();
  expect(await nearestOfMany(train, undefined, 2, by, 19)).toBeUndefined();
  expect(said.progress).toEqual([]);
  const found = await nearestOfMany(train, test, 2, by, 12);
  expect([found?.k, [...(found?.rows ?? [])]]).toEqual([2, [1, 0, 2, 1]]);
  expect([...(found?.similarities ?? [])]).toEqual([0.96, 0.8, 1, 0.8].map((value) => expect.closeTo(value, 6)));
  const others = await nearestOfMany(train, undefined, 2, by, 18);
  expect([...(others?.rows ?? [])]).toEqual([1, 2, 2, 0, 1, 0]);
  expect(said.progress).toEqual([
    [2, 2, 'neighbors'],
    [3, 3, 'neighbors'],
  ]);
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  await expect(nearestOfMany(train, test, 2, { ...by, signal: stop.signal }, 12)).rejects.toThrow('enough');
});

it('a single image has no others, but can be learned from', async () => {
  const train = await writeLevels(temporaryFolder(), { 'dark/0.png': 0 });
  await expect(evaluated({ train }, {})).rejects.toThrow('k-NN needs at least two classes');
  const { result } = await evaluated({ train, test: await testing() }, {});
  expect(result).toMatchObject({ best: '1', accuracies: { 1: { top1: expect.closeTo(200 / 3, 8) } } });
});

it('of two numbers of neighbors that are right as often the first tells of the classes', async () => {
  const [train, test] = [await training(), await testing()];
  for (const [first, second] of [
    ['1', '2'],
    ['2', '1'],
  ])
    expect((await evaluated({ train, test }, { k: [first, second] })).result).toMatchObject({ best: first });
});
