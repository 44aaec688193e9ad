import { expect, it } from 'vitest';
import { median } from '../../../src/statistics/median.js';

it('is the middle value by size, the upper of two, and leaves the values as they are', () => {
  const values = [10, 9, 100, 2];
  expect([median(values), median([10, 9, 100]), median([3]), median([])]).toEqual([10, 10, 3, Number.NaN]);
  expect(values).toEqual([10, 9, 100, 2]);
});
