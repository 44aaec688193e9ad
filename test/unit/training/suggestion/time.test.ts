import { expect, it } from 'vitest';
import { resolveSettings } from '../../../../src/settings/resolve.js';
import { runSeconds, stepsOf } from '../../../../src/training/suggestion/time.js';

const settingsWith = (...set: string[]) => resolveSettings({ preset: 'small-data', set }).settings;

it('a run is its start, its steps with their probes, and its checkpoints', () => {
  const settings = settingsWith('epochs=10', 'batch_size=10', 'saveckp_freq=0', 'checkpoints_mb=0');
  expect(stepsOf(settings, 105)).toBe(100);
  const steps = (pace: number, later = pace) =>
    runSeconds({ step: pace, laterStep: later, start: 0, save: 0, end: 0 }, settings, 105);
  // Probes add up to a twentieth, and there is one more behind the last step.
  expect(steps(1)).toBeGreaterThan(102);
  expect(steps(1)).toBeLessThan(108);
  // The first epoch, of ten steps, decodes the images.
  expect(steps(1, 0.5) / steps(1)).toBeCloseTo(0.55, 6);
  const withStart = runSeconds({ step: 1, laterStep: 1, start: 7, save: 0, end: 0 }, settings, 105);
  expect(withStart - steps(1)).toBeCloseTo(7, 6);
  const withEnd = runSeconds({ step: 1, laterStep: 1, start: 0, save: 0, end: 3 }, settings, 105);
  expect(withEnd - steps(1)).toBeCloseTo(3, 6);
});

it('a run that ends before its first probe is due has the one behind its last step', () => {
  const settings = resolveSettings({ preset: 'small', set: ['epochs=1', 'batch_size=4'] }).settings;
  const seconds = runSeconds({ step: 1, laterStep: 1, start: 0, save: 0, end: 0 }, settings, 80);
  // 80 images and a crop of each in two batches of 64 are 256 passes; a step has about 50.
  expect(seconds).toBeGreaterThan(25);
  expect(seconds).toBeLessThan(26);
});

it('counts the checkpoints of the story, those that were asked for, and one a minute, not the last', () => {
  const pace = { step: 1.2, laterStep: 1.2, start: 0, save: 1, end: 0 };
  const seconds = (...set: string[]) =>
    runSeconds(pace, settingsWith('epochs=10', 'batch_size=10', ...set), 100) -
    runSeconds({ ...pace, save: 0 }, settingsWith('epochs=10', 'batch_size=10', ...set), 100);
  // 120 s of steps and probes: two between.
  expect(seconds('saveckp_freq=0', 'checkpoints_mb=0')).toBeCloseTo(2, 6);
  // After steps 10, 30 and 100.
  expect(seconds('saveckp_freq=0', 'checkpoints_mb=100')).toBeCloseTo(5, 6);
  expect(seconds('saveckp_freq=5', 'checkpoints_mb=100')).toBeCloseTo(6, 6);
});
