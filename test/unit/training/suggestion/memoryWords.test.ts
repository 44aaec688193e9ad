/** What is said of memory, and what is advised. */
import { expect, it } from 'vitest';
import { resolveSettings } from '../../../../src/settings/resolve.js';
import {
  asFlags,
  asWords,
  differing,
  gigabytes,
  isHopeless,
  kept,
  lackOf,
  plannedMemory,
} from '../../../../src/training/suggestion/memory.js';
import { asItIs, sameResult, smaller, whatToDo } from '../../../../src/training/suggestion/memoryAdvice.js';

const GB = 1e9;

it('memory is said in gigabytes, with two digits', () => {
  expect(gigabytes(8 * GB)).toBe('8.0 GB');
  expect(gigabytes(1.26 * GB)).toBe('1.3 GB');
  expect(gigabytes(0.456 * GB)).toBe('0.46 GB');
  // 1.00 would have a digit too many.
  expect(gigabytes(0.995 * GB)).toBe('1.0 GB');
  expect(gigabytes(0.9949 * GB)).toBe('0.99 GB');
});

it('a run plans with nine tenths of what is free', () => {
  expect(plannedMemory(10 * GB)).toBeCloseTo(9 * GB, 0);
});

it('a run is hopeless when it would not fit even if the estimate is a quarter too high', () => {
  const swapless = { total: 100 * GB, free: 4 * GB, swap: 0 };
  expect(isHopeless(5 * GB, swapless)).toBe(false);
  expect(isHopeless(5.1 * GB, swapless)).toBe(true);
  expect(isHopeless(6.2 * GB, { ...swapless, swap: 1 * GB })).toBe(false);
  expect(isHopeless(6.3 * GB, { ...swapless, swap: 1 * GB })).toBe(true);
  // Of unknown swap the whole machine is compared.
  expect(isHopeless(10 * GB, { total: 8 * GB, free: 1 * GB })).toBe(false);
  expect(isHopeless(10.1 * GB, { total: 8 * GB, free: 1 * GB })).toBe(true);
});

it('what is lacking is the machine, or what is free of it', () => {
  expect(lackOf(11 * GB, { total: 8 * GB, free: 4 * GB })).toBe('this machine has 8.0 GB');
  expect(lackOf(10 * GB, { total: 8 * GB, free: 4 * GB })).toBe('only 4.0 GB are free');
  expect(lackOf(11 * GB, { total: 8 * GB, free: 4 * GB, swap: 1 * GB })).toBe(
    'only 4.0 GB are free, and 1.0 GB of swap',
  );
  expect(lackOf(12 * GB, { total: 8 * GB, free: 4 * GB, swap: 1 * GB })).toBe('this machine has 8.0 GB');
});

it('closing other programs is advised only where that can help', () => {
  const enough = { isEnough: true, text: 'do this' };
  const tooLittle = { isEnough: false, text: 'nothing helps' };
  const host = { total: 8 * GB, free: 1 * GB };
  expect(whatToDo(8 * GB, host, enough)).toBe(': close other programs, or do this');
  expect(whatToDo(8 * GB, host, tooLittle)).toBe(': close other programs, since nothing helps');
  expect(whatToDo(8.1 * GB, host, enough)).toBe(': do this');
  expect(whatToDo(8.1 * GB, host, tooLittle)).toBe(', and nothing helps');
});

it('advice says what to set, and whether that is enough', () => {
  const { settings } = resolveSettings({});
  const set = { gradient_accumulation_steps: 2, activation_checkpointing: true };
  const fits = { set, memory: 2 * GB, fits: true };
  expect(sameResult(fits)).toEqual({
    isEnough: true,
    text: 'set gradient_accumulation_steps 2, activation_checkpointing true (--set gradient_accumulation_steps=2 --set activation_checkpointing=true), which gives the same result with about 2.0 GB',
  });
  expect(asItIs(fits)).toMatchObject({ isEnough: false, text: expect.stringMatching(/at least about 2\.0 GB$/) });
  const found = { ...fits, set: {}, settings, instead: { preset: 'tiny', set: {} } } as const;
  expect(smaller({ found })).toEqual({
    isEnough: true,
    text: 'choose the preset tiny (--preset tiny), which takes about 2.0 GB',
  });
  const cropped = { ...found, set: { activation_checkpointing: true }, instead: { set: { image_size: 96 } } };
  expect(smaller({ found: cropped, least: found })).toEqual({
    isEnough: true,
    text: 'choose crops of 96 pixels (--set image_size=96 --set activation_checkpointing=true), which takes about 2.0 GB',
  });
  expect(smaller({ least: found })).toEqual({
    isEnough: false,
    text: 'nothing smaller fits: even the preset tiny takes about 2.0 GB',
  });
  expect(smaller({})).toEqual({ isEnough: false, text: 'nothing that could be chosen makes it smaller' });
});

it('settings are said as flags and as words, those alone that differ', () => {
  const { settings } = resolveSettings({ set: { batch_size: 8 } });
  const set = differing(settings, { batch_size: 8, epochs: 3, activation_checkpointing: true });
  expect(set).toEqual({ epochs: 3, activation_checkpointing: true });
  expect(asFlags(set)).toBe('--set epochs=3 --set activation_checkpointing=true');
  expect(asWords(set)).toBe('epochs 3, activation_checkpointing true');
});

it('decoded images are kept up to the size of the cache', () => {
  const { settings } = resolveSettings({ set: { cache_mb: 1, in_chans: 3 } });
  const medianSize = { width: 20, height: 10 };
  expect(kept(settings, { images: 100, medianSize })).toBe(100 * 20 * 10 * 3);
  expect(kept(settings, { images: 100_000, medianSize })).toBe(2 ** 20);
  expect(kept(settings, { images: 100 })).toBe(0);
});
