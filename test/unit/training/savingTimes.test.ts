/** How many checkpoints the story of a run has, how often one is saved between them, and what probes add. */
import { expect, test } from 'vitest';
import { msBetweenSaves, storySteps, tellsTheStory } from '../../../src/training/checkpointPlan.js';
import { probeShare, stepPasses } from '../../../src/training/healthProbe.js';
import { updatesAfter } from '../../../src/training/hyperparameters.js';
import { sampleSize } from '../../../src/training/probeSample.js';

test('the story of a run has the steps that tell it', () => {
  const told = Array.from({ length: 3002 }, (_, step) => step).filter(tellsTheStory);
  for (const steps of [0, 9, 10, 29, 30, 31, 99, 100, 299, 300, 999, 1000, 2999, 3000, 3001])
    expect([steps, storySteps(steps)]).toEqual([steps, told.filter((step) => step <= steps).length]);
});

test('a checkpoint is saved every minute, more rarely where that takes a fiftieth of the time, and every ten minutes at least', () => {
  expect(msBetweenSaves(0)).toBe(60_000);
  expect(msBetweenSaves(1200)).toBe(60_000);
  expect(msBetweenSaves(2000)).toBe(100_000);
  expect(msBetweenSaves(12_000)).toBe(600_000);
  expect(msBetweenSaves(60_000)).toBe(600_000);
});

const NETWORK = { batch_size: 16, image_size: 32, local_size: 16, local_crops_number: 4, in_chans: 3 };

test('the work of a step counts the crops of its method', () => {
  // The teacher sees 2 crops, the student as many and 4 of a quarter's area, with a backward pass.
  expect(stepPasses(NETWORK)).toBe(16 * (2 + 3 * (2 + 4 / 4)));
  expect(stepPasses({ ...NETWORK, method: 'dinov2' })).toBe(stepPasses(NETWORK));
  // A classifier sees each image once.
  expect(stepPasses({ ...NETWORK, method: 'finetune' })).toBe(16 * 3);
});

test('probes add a share of the work: those that are due, and the last', () => {
  // 512 images and a crop of each, every 117 steps of 176 passes.
  expect(probeShare(2000, NETWORK, 117)).toBeCloseTo(1024 / (117 * 176), 10);
  expect(probeShare(2000, NETWORK, 118)).toBeCloseTo((2 * 1024) / (118 * 176), 10);
  expect(probeShare(2000, NETWORK, 1)).toBeCloseTo(1024 / 176, 10);
});

test('so many images are probed as there are, as tell enough, and as fit the memory', () => {
  expect(sampleSize(100, { image_size: 32, in_chans: 3 })).toBe(100);
  expect(sampleSize(10_000, { image_size: 32, in_chans: 3 })).toBe(512);
  // 128 MiB hold an image of 224 pixels and its crop 445 times.
  expect(sampleSize(10_000, { image_size: 224, in_chans: 3 })).toBe(445);
  expect(sampleSize(10_000, { image_size: 448, in_chans: 1 })).toBe(334);
});

test('a last layer that is frozen by its rate is updated from the first step', () => {
  expect(updatesAfter(5, { frozenSteps: 3 })).toEqual({ main: 5, lastLayer: 2 });
  expect(updatesAfter(2, { frozenSteps: 3 })).toEqual({ main: 2, lastLayer: 0 });
  expect(updatesAfter(2, { frozenSteps: 3, frozenBy: 'rate' })).toEqual({ main: 2, lastLayer: 2 });
});
