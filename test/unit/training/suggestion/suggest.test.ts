import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { describeMachine, SPEEDS } from '../../../../src/engines/fastest.js';
import { remember } from '../../../../src/engines/memory.js';
import { storageFolder } from '../../../../src/engines/storage.js';
import { suggest } from '../../../../src/training/suggestion/suggest.js';
import { train } from '../../../../src/training/trainer.js';
import { TINY, writeImages } from '../images.js';

const GB = 1e9;
const host = { total: 8 * GB, free: 6 * GB };
let data: string;
beforeAll(async () => {
  data = await writeImages(mkdtempSync(join(tmpdir(), 'dino-images-')), 40);
});
/** Nothing is known of how quick this machine is. */
beforeEach(() => {
  vi.stubEnv('DINO_STORAGE', mkdtempSync(join(tmpdir(), 'dino-storage-')));
});

const suggested = (set: readonly string[] = [], preset?: string, memory = host) =>
  suggest({ data, settings: ['engine=eager', ...set], ...(preset !== undefined && { preset }) }, undefined, memory);

it('suggests each setting with a reason, and says what it takes; nothing is written', async () => {
  const before = readdirSync(data);
  const { preset, lines, memory, steps, settings, warnings, set } = await suggested();
  expect(preset).toBe('dinov2-few-images');
  expect(lines.map(({ subject }) => subject)).toEqual(['network', 'batch', 'prototypes', 'crops', 'epochs', 'engine']);
  for (const { value, reason } of lines) expect([value, reason]).not.toContain('');
  expect(lines[0]?.reason).toMatch(/^40 images, about \d+ × \d+: of up to 10,000 DINOv2's recipe/);
  expect(steps).toBe(settings.epochs * Math.floor(40 / settings.batch_size));
  expect(memory).toBeGreaterThan(1e8);
  expect(warnings).toEqual(['40 images are few to learn from: 100 or more are better.']);
  expect(set).toEqual({});
  expect(readdirSync(data)).toEqual(before);
});

it.each(['epochs=40', 'optim.epochs=40'])(
  'epochs that a person has chosen stay, however long they take: %s',
  async (given) => {
    remember(storageFolder(), SPEEDS, describeMachine(), { eager: { version: '1', milliseconds: 1e9 } });
    expect((await suggested([])).set).toMatchObject({ epochs: 10 });
    const { set, settings, lines } = await suggested([given]);
    expect([set, settings.epochs]).toEqual([{}, 40]);
    expect(lines[4]).toEqual({ subject: 'epochs', value: '40', reason: '80 steps in all' });
  },
);

it('describes a fine-tuning as what it is, of the images that it learns from', async () => {
  const start = join(mkdtempSync(join(tmpdir(), 'dino-start-')), 'run');
  await train(
    { data, run: start, resume: false, settings: { ...TINY, batch_size: 4 }, maxSteps: 1 },
    {
      cropWorkerFile: resolve('dist/cropWorker.cjs'),
      stop: new AbortController().signal,
      events: { onProgress: () => undefined, onLog: () => undefined },
    },
  );
  const settings = ['engine=eager', 'method=finetune', 'held_out=0.25', 'batch_size=4', 'epochs=3'];
  const {
    lines,
    steps,
    data: size,
    warnings,
  } = await suggest({ data, settings, init: { path: start } }, undefined, host);
  expect(lines.map(({ subject, value, reason }) => `${subject} ${value}: ${reason}`)).toEqual([
    'network ViT 48 wide, 3 blocks, patches of 8: that of the weights',
    'batch 4: 7 steps an epoch',
    'prototypes none: a classifier of 2 classes is in their place',
    expect.stringMatching(/^crops 1 of 32 pixels: 16 patches in a crop/),
    'epochs 3: 21 steps in all',
    'engine eager: as you chose',
  ]);
  expect([steps, size.images, warnings]).toEqual([21, 30, []]);
});

it('keeps what a person has chosen', async () => {
  const { lines, settings } = await suggested(['batch_size=10', 'epochs=7'], 'small-data');
  expect(settings).toMatchObject({ batch_size: 10, epochs: 7, embed_dim: 192 });
  expect(lines[0]).toMatchObject({ reason: 'as you chose' });
  expect(lines.at(-1)).toMatchObject({ value: 'eager', reason: 'as you chose' });
});

it('makes a batch fit the memory in parts, and says when nothing does', async () => {
  const whole = await suggested(['batch_size=32'], 'small-data');
  const free = 0.8 * (whole.memory ?? 0);
  const fitted = await suggested(['batch_size=32'], 'small-data', { ...host, free });
  expect(fitted.set).toEqual({ gradient_accumulation_steps: 2 });
  expect(fitted.memory).toBeLessThan(free);
  expect(fitted.lines[1]).toMatchObject({ value: '32, in 2 parts' });
  const hopeless = await suggested(['batch_size=32'], 'small-data', { total: GB, free: 1e8 });
  expect(hopeless.warnings.join()).toMatch(/It takes about .* of memory, but only 0\.10 GB are free/);
  expect(hopeless.warnings.join()).toContain('a batch in parts with activation checkpointing does not change that');
});

it('of DINOv2, whose result parts would change, only a warning is left', async () => {
  const { set, warnings } = await suggested(['method=dinov2', 'batch_size=32'], undefined, { total: GB, free: 1e8 });
  expect(set).toEqual({});
  expect(warnings.join()).toMatch(
    /, and activation checkpointing does not change that: choose a smaller batch, a smaller network \(dinov2-few-images\) or smaller crops\.$/,
  );
});
