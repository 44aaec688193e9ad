import { expect, test } from 'vitest';
import { shownRatio } from '../../../src/attention/shownShape.js';

test('an image is shown in its own shape, an extreme one within bounds', () => {
  expect(shownRatio({ width: 640, height: 480 })).toBeCloseTo(4 / 3);
  expect(shownRatio({ width: 480, height: 640 })).toBeCloseTo(3 / 4);
  expect(shownRatio({ width: 20_000, height: 10 })).toBe(3);
  expect(shownRatio({ width: 1, height: 5000 })).toBeCloseTo(1 / 3);
});
