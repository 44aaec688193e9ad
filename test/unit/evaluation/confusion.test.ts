import { expect, it } from 'vitest';
import { confusionOf } from '../../../src/evaluation/confusion.js';

it('counts what each class was taken for, in the order of the classes; one without images has no accuracy', () => {
  const labels = Int32Array.of(2, 2, 0, 2, 0, 2, 1);
  const predicted = Int32Array.of(2, 3, 0, 1, 2, 2, 0);
  expect(confusionOf(['a', 'b', 'c', 'd'], labels, predicted)).toEqual({
    classes: [
      { name: 'a', images: 2, accuracy: 50 },
      { name: 'b', images: 1, accuracy: 0 },
      { name: 'c', images: 4, accuracy: 50 },
      { name: 'd', images: 0, accuracy: null },
    ],
    confusion: [
      [0, 0, 1],
      [0, 2, 1],
      [1, 0, 1],
      [2, 1, 1],
      [2, 2, 2],
      [2, 3, 1],
    ],
  });
});

it('is empty without images', () => {
  expect(confusionOf(['a'], Int32Array.of(), Int32Array.of())).toEqual({
    ...{ classes: [{ name: 'a', images: 0, accuracy: null }], confusion: [] },
  });
});
