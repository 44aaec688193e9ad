/** What is said of test images before anything is learned. */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDataset } from '../../../src/data/dataset.js';
import {
  type LabeledDataset,
  labelsOf,
  notLearned,
  openLabeled,
  openLabeledSets,
  requireClasses,
  suggestLabeled,
} from '../../../src/evaluation/labeledSets.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { datasetOf, writeLevels } from './surroundings.js';

/** Images of these classes, one each. */
function labeled(path: string, classes: readonly string[]): LabeledDataset {
  const known = [...new Set(classes)];
  const dataset = datasetOf(
    classes.map(() => 0),
    { path, labelOf: (index) => known.indexOf(classes[index] ?? '') },
  );
  return { ...dataset, classes: known };
}
const train = labeled('/train', ['cat', 'dog', 'dog']);

it('a folder of images is offered where it has classes', () => {
  expect(suggestLabeled(train)).toEqual({ train: '/train' });
  expect(suggestLabeled(datasetOf([1, 2], { classes: undefined }))).toBe(
    'the images have no classes: neither sub-folders nor a labels file tell them',
  );
});

it('one class is nothing to tell apart', () => {
  expect(() => requireClasses(['cat'], '/train', 'k-NN')).toThrow(
    'k-NN needs at least two classes, but all images of /train are “cat”.',
  );
  expect(() => requireClasses(['cat', 'dog'], '/train', 'k-NN')).not.toThrow();
});

it('of test images with classes that were learned there is nothing to say', () => {
  expect(notLearned(train, labeled('/test', ['dog', 'cat']), 'k-NN')).toBeUndefined();
  expect(notLearned(train, labeled('/test', ['dog']), 'k-NN')).toBeUndefined();
});

it('test images of other classes are counted, and named by their classes', () => {
  expect(notLearned(train, labeled('/test', ['dog', 'cow', 'cat']), 'k-NN')).toBe(
    '1 of 3 test images is of classes that no training image has (cow): it counts as wrong',
  );
  expect(notLearned(train, labeled('/test', ['dog', 'cow', 'hen', 'cow', 'pig', 'ant']), 'k-NN')).toBe(
    '5 of 6 test images are of classes that no training image has (cow, hen, pig): they count as wrong',
  );
});

it('test images of other classes alone are refused', () => {
  expect(() => notLearned(train, labeled('/test', ['cow', 'hen']), 'k-NN')).toThrow(
    'k-NN: the test images of /test share no class with the training images of /train: cow, hen.',
  );
});

it('the training images say nothing of new ones, however their folder is written', () => {
  expect(notLearned(train, { ...train, path: '/other/../train' }, 'k-NN')).toMatch(
    /^the test images are the training images, so the result says nothing of new ones/,
  );
});

it('of many classes that are not shared three are named', () => {
  expect(() => notLearned(train, labeled('/test', ['ant', 'bee', 'cow', 'hen']), 'k-NN')).toThrow(
    'share no class with the training images of /train: ant, bee, cow.',
  );
});

it('labels are counted in the classes of both sets; what has no class there has none', () => {
  const dataset = {
    ...datasetOf([0, 0, 0, 0], { labelOf: (index) => [1, 0, undefined, 2][index] }),
    classes: ['b', 'a', 'x'],
  };
  expect(labelsOf(dataset, Int32Array.of(0, 1, 2, 3), ['a', 'b'])).toEqual(Int32Array.of(0, 1, -1, -1));
  expect(labelsOf(dataset, Int32Array.of(1), ['a', 'b'])).toEqual(Int32Array.of(1));
});

const levels = (...names: readonly string[]) =>
  writeLevels(temporaryFolder(), Object.fromEntries(names.map((name, index) => [name, 10 * index])));
const written = (text: string) => {
  const file = join(temporaryFolder(), 'labels.csv');
  writeFileSync(file, text);
  return file;
};
const reading = { tables: {} };

it('two sets are opened with the classes of both, and described by what they are', async () => {
  const [first, second] = [await levels('cat/1.png', 'dog/1.png'), await levels('cow/1.png', 'dog/2.png', 'dog/3.png')];
  const { data, inputs, notes } = await openLabeledSets({ train: first, test: second }, reading, 'k-NN');
  expect(data.classes).toEqual(['cat', 'dog', 'cow']);
  expect([data.train.size, data.train.classes, data.test?.size, data.test?.classes]).toEqual([
    ...[2, ['cat', 'dog'], 3, ['cow', 'dog']],
  ]);
  const described = async (path: string) => {
    const { fingerprint, leftOut } = await openDataset(path);
    return { path, fingerprint, leftOut };
  };
  expect(inputs).toEqual({ train: await described(first), test: await described(second) });
  expect(notes).toEqual(['1 of 3 test images is of classes that no training image has (cow): it counts as wrong']);
});

it('a single set has nothing to say of test images', async () => {
  const path = await levels('cat/1.png', 'dog/1.png');
  const { data, inputs, notes } = await openLabeledSets({ train: path }, reading, 'k-NN');
  expect([Object.keys(data), Object.keys(inputs), notes]).toEqual([['train', 'classes'], ['train'], []]);
});

it('tables of classes are described by their contents, and say how they were read', async () => {
  const path = await levels('1.png', '2.png');
  const text = 'name,kind\n1.png,x\n2.png,y\n';
  const [first, second] = [written(text), written(text.replace('x', 'y').replace('2.png,y', '2.png,x'))];
  const sets = { train: path, test: path, trainLabels: first, testLabels: second };
  const { data, inputs, notes } = await openLabeledSets(sets, reading, 'k-NN');
  expect([data.train.labelOf(0), data.test?.labelOf(0)]).toEqual([0, 1]);
  expect(inputs['trainLabels']).toEqual({ path: first, fingerprint: createHash('sha256').update(text).digest('hex') });
  expect(inputs['testLabels']).toMatchObject({ path: second });
  expect(inputs['testLabels']?.fingerprint).not.toBe(inputs['trainLabels']?.fingerprint);
  expect(notes.filter((note) => note.includes('2 classes from “kind”; 2 of 2 images matched'))).toHaveLength(2);
  expect(notes.at(-1)).toMatch(/^the test images are the training images/);
});

it('classes of test images without test images are refused, and so is a single class', async () => {
  const path = await levels('cat/1.png', 'cat/2.png');
  await expect(openLabeledSets({ train: path, testLabels: '/t.csv' }, reading, 'k-NN')).rejects.toThrow(
    'k-NN: there are classes of test images (/t.csv), but no test images.',
  );
  await expect(openLabeledSets({ train: path }, reading, 'k-NN')).rejects.toThrow('are “cat”');
});

it('which folders tell the classes is said with the path, unless a table tells them', async () => {
  const path = await levels('train/cat/1.png', 'train/dog/2.png');
  const { notes } = await openLabeled(path, undefined, reading, 'k-NN');
  expect(notes).toEqual([`${path}: classes: the 2 folders below train`]);
  const table = written('name,kind\n1.png,x\n2.png,y\n');
  const told = await openLabeled(path, table, reading, 'k-NN');
  expect([told.dataset.classes, told.notes.length]).toEqual([['x', 'y'], 1]);
  expect(told.notes[0]).toMatch(/^labels\.csv: columns between commas/);
});

it('several lines of one image that say different classes are refused where each needs one', async () => {
  const path = await levels('1.png', '2.png');
  const table = written('name,kind\n1.png,x\n1.png,y\n2.png,y\n');
  await expect(openLabeled(path, table, reading, 'k-NN')).rejects.toThrow('says different classes of 1.png');
});
