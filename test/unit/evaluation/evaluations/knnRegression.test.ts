/** k-NN regression of gray images, whose features are the nearer the nearer their levels are. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { knnRegression } from '../../../../src/evaluation/evaluations/knnRegression.js';
import type { TableOptions } from '../../../../src/evaluation/tables/tableOptions.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';
import { computing, writeLevels } from '../surroundings.js';

const TRAIN = { '0.png': 0, '20.png': 20, '200.png': 200, '220.png': 220 };
let train: string;
let test: string;
let root: string;
beforeEach(async () => {
  root = temporaryFolder();
  train = await writeLevels(join(root, 'train'), TRAIN);
  test = await writeLevels(join(root, 'test'), { '5.png': 5, '210.png': 210 });
});

function table(name: string, text: string): string {
  const file = join(root, name);
  writeFileSync(file, text);
  return file;
}
const ages = () => table('ages.csv', 'name,age\n0.png,1\n20.png,3\n200.png,40\n220.png,44\n');
const testAges = () => table('test.csv', 'name,age\n5.png,2\n210.png,46\n');

async function evaluated(inputs: object, options: object, by = computing().by, tables: TableOptions = {}) {
  const opened = await knnRegression.open(inputs, options, { tables });
  return { ...(await opened.run(by)), opened };
}

it('numbers of test images are told by their nearest training images, and the smallest error is the best', async () => {
  const { by, asked, said } = computing();
  const inputs = { train, trainValues: ages(), test, testValues: testAges() };
  const outcome = await evaluated(inputs, { k: '4,1', temperature: 1e6 }, by);
  // Told 1 and 44 by the nearest; by all four, 22 each.
  const errors = {
    1: { mae: 1.5, r2: expect.closeTo(1 - 5 / 968, 6) },
    4: { mae: expect.closeTo(22, 3), r2: expect.closeTo(1 - 976 / 968, 3) },
  };
  expect(outcome.result).toEqual({ leaveOneOut: false, images: { train: 4, test: 2 }, errors, best: '1' });
  expect(outcome.images).toEqual({ train: 4, test: 2 });
  expect(outcome.summary).toEqual([
    { metric: 'knn_mae', value: 1.5 },
    { metric: 'knn_r2', value: expect.closeTo(1 - 5 / 968, 6) },
  ]);
  expect(outcome.lines).toEqual([
    '4 training and 2 test images',
    'k 1: mean absolute error 1.500, R² 0.995',
    'k 4: mean absolute error 22.00, R² -0.008',
  ]);
  const { path, fingerprint } = outcome.opened.inputs['trainValues'] ?? {};
  expect([path, fingerprint]).toEqual([inputs.trainValues, expect.stringMatching(/^[0-9a-f]{64}$/)]);
  expect(outcome.opened.inputs).toMatchObject({ train: { path: train }, test: { path: test } });
  expect(outcome.opened.inputs['testValues']?.fingerprint).not.toBe(fingerprint);
  expect(said.progress.map(([done, total, of]) => `${of}: ${done} of ${total}`)).toEqual([
    `features of ${train}: 4 of 4`,
    `features of ${test}: 2 of 2`,
  ]);
  expect(asked.disposed).toBe(1);
});

it('each image is told by the others, nearer ones with more weight, where there are no test images', async () => {
  const { result, images, lines } = await evaluated({ train, trainValues: ages() }, {});
  // The other of its kind outweighs the rest.
  expect(result).toMatchObject({ leaveOneOut: true, images: { train: 4, test: 4 }, best: '3' });
  expect(result).toMatchObject({ errors: { 3: { mae: expect.closeTo(3, 1) } } });
  expect(images).toEqual({ train: 4 });
  expect(lines[0]).toBe('4 images, each by the others');
  const even = (await evaluated({ train, trainValues: ages() }, { temperature: 1e6 })).result;
  expect(even).toMatchObject({ errors: { 3: { mae: expect.closeTo((28 + 76 / 3 + 24 + 88 / 3) / 4, 3) } } });
});

it('numbers that are all the same have an error, but no R²', async () => {
  const trainValues = table('same.csv', 'name,age\n0.png,7\n20.png,7\n200.png,7\n220.png,7\n');
  const { summary, lines } = await evaluated({ train, trainValues }, { k: [1] });
  expect(summary).toEqual([{ metric: 'knn_mae', value: 0 }]);
  expect(lines[1]).toBe('k 1: mean absolute error 0.000, R² none, for all numbers are the same');
});

it('a comma may stand before the fraction, which is said; where a person says what it is, that counts', async () => {
  const trainValues = table('commas.csv', 'name;age\n0.png;1,5\n20.png;3,5\n200.png;40,5\n220.png;44\n');
  const { result, opened } = await evaluated({ train, trainValues }, { k: [1] });
  expect(result).toMatchObject({ errors: { 1: { mae: (2 + 2 + 3.5 + 3.5) / 4 } } });
  expect(opened.notes).toEqual([
    expect.stringContaining('numbers from “age”; 4 of 4 images matched by “name”'),
    'commas.csv: a comma stands before the fraction of a number',
  ]);
  await expect(evaluated({ train, trainValues }, {}, computing().by, { decimal: '.' })).rejects.toThrow(
    'of 0.png commas.csv has “1,5”, which is no number.',
  );
  const points = await evaluated({ train, trainValues: ages() }, {});
  expect(points.opened.notes).toHaveLength(1);
});

it('an image with two numbers is refused', async () => {
  const trainValues = table('twice.csv', 'name,age\n0.png,1\n0.png,2\n20.png,3\n200.png,40\n220.png,44\n');
  await expect(evaluated({ train, trainValues }, {})).rejects.toThrow('twice.csv says different');
});

it('a single image has no others', async () => {
  const alone = await writeLevels(join(root, 'alone'), { '0.png': 0 });
  await expect(evaluated({ train: alone, trainValues: ages() }, {})).rejects.toThrow(
    `k-NN regression needs two images or more, each to be tested by the others; ${alone} has 1.`,
  );
  const { result } = await evaluated({ train: alone, trainValues: ages(), test, testValues: testAges() }, {});
  expect(result).toMatchObject({ best: '1', errors: { 1: { mae: 23 } } });
});

it('images that cannot be read are left out with their numbers', async () => {
  writeFileSync(join(train, '20.png'), 'torn');
  const { by, said } = computing();
  const { result } = await evaluated({ train, trainValues: ages() }, { k: [1] }, by);
  expect(result).toMatchObject({ images: { train: 3, test: 3 }, errors: { 1: { mae: (39 + 4 + 4) / 3 } } });
  expect(said.warnings).toEqual([expect.stringContaining('20.png')]);
});

it('test images without numbers, and numbers without test images, are refused', async () => {
  for (const given of [{ test }, { testValues: testAges() }])
    await expect(evaluated({ train, trainValues: ages(), ...given }, {})).rejects.toThrow(
      'test images and their numbers go together: give both, or neither.',
    );
});

it('more neighbors than images are refused before anything is computed', async () => {
  const { by, asked } = computing();
  await expect(evaluated({ train, trainValues: ages() }, { k: '1,4' }, by)).rejects.toThrow('from 1 to 3');
  const inputs = { train, trainValues: ages(), test, testValues: testAges() };
  await expect(evaluated(inputs, { k: '5' }, by)).rejects.toThrow('from 1 to 4');
  expect(asked.calls).toEqual([]);
  expect((await evaluated(inputs, {}, by)).result).toMatchObject({ best: '4' });
});

it('an image without a number, and a cell that is none, are told by their names', async () => {
  const trainValues = table('gaps.csv', 'name,age\n0.png,1\n20.png,\n200.png,40\n220.png,44\n');
  await expect(evaluated({ train, trainValues }, {})).rejects.toThrow(/20\.png/);
  const words = table('words.csv', 'name,age\n0.png,1\n20.png,young\n200.png,40\n220.png,44\n');
  await expect(evaluated({ train, trainValues: words }, {})).rejects.toThrow('“young”, which is no number');
});

it('the network is given back when it fails, too', async () => {
  const { by, asked } = computing();
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  await expect(evaluated({ train, trainValues: ages() }, {}, { ...by, signal: stop.signal })).rejects.toThrow('enough');
  expect(asked.disposed).toBe(1);
});

it('what the folders of the images say is told with their path, of training and of test images', async () => {
  const folders = (name: string, levels: readonly number[]) =>
    writeLevels(
      join(root, name),
      Object.fromEntries(levels.map((level, at) => [`train/${at % 2}/${level}.png`, level])),
    );
  const [one, other] = [await folders('one', [0, 20, 200, 220]), await folders('other', [5, 210])];
  const { opened } = await evaluated({ train: one, trainValues: ages(), test: other, testValues: testAges() }, {});
  expect(opened.notes).toEqual([
    expect.stringMatching(`^${one}: `),
    expect.stringContaining('4 of 4 images'),
    expect.stringMatching(`^${other}: `),
    expect.stringContaining('2 of 2 images'),
  ]);
});

it('the number of neighbors with the smallest error is the best, wherever it stands', async () => {
  const inputs = { train, trainValues: ages(), test, testValues: testAges() };
  for (const k of ['1,4', '4,1'])
    expect((await evaluated(inputs, { k, temperature: 1e6 })).result).toMatchObject({ best: '1' });
});
