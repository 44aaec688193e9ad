import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Throttle } from '../../../src/worker/throttle.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('passes on ten values a second, the newest ones, and the last one too', () => {
  const passed: number[] = [];
  const throttle = new Throttle<number>(100, (value) => passed.push(value));
  for (let value = 0; value <= 100; value++) {
    throttle.offer(value);
    vi.advanceTimersByTime(10);
  }
  expect(passed).toEqual([0, 9, 19, 29, 39, 49, 59, 69, 79, 89, 99]);
  vi.advanceTimersByTime(100);
  expect(passed.at(-1)).toBe(100);
});

it('passes on at once what cannot wait, and once', () => {
  const passed: string[] = [];
  const throttle = new Throttle<string>(100, (value) => passed.push(value));
  throttle.offer('first');
  throttle.offer('ended');
  throttle.flush();
  expect(passed).toEqual(['first', 'ended']);
  vi.advanceTimersByTime(1000);
  expect(passed).toEqual(['first', 'ended']);
});
