import { expect, it } from 'vitest';
import { counted, countedInGroups } from '../../../src/text/counted.js';

it('one is one, and none are several', () => {
  expect([0, 1, 2].map((count) => counted(count, 'image'))).toEqual(['0 images', '1 image', '2 images']);
  expect(counted(3, 'class', 'classes')).toBe('3 classes');
  expect([countedInGroups(1, 'step'), countedInGroups(12_345, 'step')]).toEqual(['1 step', '12,345 steps']);
});
