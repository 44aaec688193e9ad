/** Which checkpoints of a run stay. */
import { expect, test } from 'vitest';
import { tellsTheStory, thinnedOut } from '../../../src/training/checkpointPlan.js';

test('the story is told by 10, 30, 100, 300, ... steps', () => {
  const steps = Array.from({ length: 30_001 }, (_, step) => step).filter(tellsTheStory);
  expect(steps).toEqual([10, 30, 100, 300, 1000, 3000, 10_000, 30_000]);
});

/** Each takes 10 bytes. */
const checkpoints = (...steps: number[]) => steps.map((step) => ({ step, bytes: 10, latest: step === steps.at(-1) }));
const nothing = () => false;

test('what has room stays', () => {
  expect(thinnedOut(checkpoints(0, 10, 30, 100), nothing, 20)).toEqual([]);
  expect(thinnedOut([], nothing, 0)).toEqual([]);
});

test('the first, the latest and those asked for stay, and take no room', () => {
  expect(thinnedOut(checkpoints(0), nothing, 0)).toEqual([]);
  expect(thinnedOut(checkpoints(0, 10), nothing, 0)).toEqual([]);
  expect(thinnedOut(checkpoints(0, 10, 20, 40), (step) => step === 20, 0)).toEqual([10]);
});

test('what was saved at a stop, or asked for before the settings were changed, stays', () => {
  expect(thinnedOut(checkpoints(0, 10, 17, 20, 30, 40), nothing, 0)).toEqual([30, 10]);
});

test('the closest to its neighbors goes first, in the logarithm of the step', () => {
  // Factors 11, 2.8, 3.3, 1.1: without 100 nobody misses much.
  expect(thinnedOut(checkpoints(0, 10, 30, 100, 110), nothing, 20)).toEqual([100]);
  // Then 30 is between 10 and 110.
  expect(thinnedOut(checkpoints(0, 10, 30, 100, 110), nothing, 10)).toEqual([100, 30]);
  expect(thinnedOut(checkpoints(0, 10, 30, 100, 110), nothing, 0)).toEqual([100, 30, 10]);
});

test('room is counted in bytes of each', () => {
  const large = checkpoints(0, 10, 30, 100).map((one) => ({ ...one, bytes: one.step }));
  expect(thinnedOut(large, nothing, 40)).toEqual([]);
  expect(thinnedOut(large, nothing, 39)).toEqual([30]);
});
