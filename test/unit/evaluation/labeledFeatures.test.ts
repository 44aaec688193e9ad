/** Features of labeled images by the network that is evaluated. */
import { expect, it } from 'vitest';
import { labeledFeatures } from '../../../src/evaluation/labeledFeatures.js';
import type { LabeledDataset } from '../../../src/evaluation/labeledSets.js';
import { computing, datasetOf, normalized } from './surroundings.js';

const labeled = (
  path: string,
  levels: readonly (number | undefined)[],
  classes: readonly string[] = ['even', 'odd'],
): LabeledDataset => ({ ...datasetOf(levels, { path }), classes });
/** Of length 1. */
const rowOf = (level: number) => {
  const norm = Math.hypot(normalized(level), 1);
  return [normalized(level) / norm, 1 / norm];
};

it('both sets have rows of length 1, and labels that mean the same classes', async () => {
  const { by, asked, said } = computing();
  const [train, test] = [labeled('/train', [0, 100, 200]), labeled('/test', [50, 150], ['odd', 'third'])];
  const found = await labeledFeatures({ train, test, classes: ['even', 'odd', 'third'] }, by);
  expect(found.train.features).toMatchObject({ rows: 3, dim: 2 });
  for (const [at, value] of [0, 100, 200].flatMap(rowOf).entries())
    expect(found.train.features.data[at]).toBeCloseTo(value, 5);
  for (const [at, value] of [50, 150].flatMap(rowOf).entries())
    expect(found.test?.features.data[at]).toBeCloseTo(value, 5);
  expect([found.train.labels, found.test?.labels]).toEqual([Int32Array.of(0, 1, 0), Int32Array.of(1, 2)]);
  expect(said.progress).toEqual([
    [3, 3, 'features of /train'],
    [2, 2, 'features of /test'],
  ]);
  expect([said.warnings, asked.disposed]).toEqual([[], 1]);
});

it('without test images there are none', async () => {
  const train = labeled('/train', [0, 100]);
  expect(Object.keys(await labeledFeatures({ train, classes: train.classes }, computing().by))).toEqual(['train']);
});

it('images that cannot be read are named, and the others keep their labels', async () => {
  const { by, said } = computing();
  const train = labeled('/train', [0, undefined, undefined, 100]);
  const found = await labeledFeatures({ train, classes: train.classes }, by);
  expect(found.train.labels).toEqual(Int32Array.of(0, 1));
  expect(said.warnings).toEqual([
    'The image image 1 cannot be read: it is torn.',
    'The image image 2 cannot be read: it is torn.',
  ]);
});

it('a set without an image that can be read is refused, and the network is given back', async () => {
  const { by, asked, said } = computing();
  const [train, test] = [labeled('/train', [0, 100]), labeled('/test', [undefined])];
  await expect(labeledFeatures({ train, test, classes: train.classes }, by)).rejects.toThrow(
    'None of the images in /test can be read.',
  );
  expect([asked.disposed, said.warnings.length]).toEqual([1, 1]);
});

it('work that is not wanted any more ends with the reason', async () => {
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  const { by, asked, said } = computing({ signal: stop.signal });
  const train = labeled('/train', [0, 100]);
  await expect(labeledFeatures({ train, classes: train.classes }, by)).rejects.toThrow('enough');
  expect([asked.disposed, said.progress]).toEqual([1, []]);
});
