/** What is said of test images before anything is learned. */
import { expect, it } from 'vitest';
import {
  type LabeledDataset,
  notLearned,
  requireClasses,
  suggestLabeled,
} from '../../../src/evaluation/labeledSets.js';
import { datasetOf } from './surroundings.js';

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
