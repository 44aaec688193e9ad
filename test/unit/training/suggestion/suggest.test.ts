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
const host = { total: 8 * GB, free: 6 * GB, swap: 0 };
let data: string;
beforeAll(async () => {
  data = await writeImages(mkdtempSync(join(tmpdir(), 'dino-images-')), 40);
});
/** Nothing is known of how quick this machine is. */
beforeEach(() => {
  vi.stubEnv('DINO_STORAGE', mkdtempSync(join(tmpdir(), 'dino-storage-')));
});

const suggested = (set: readonly string[] = [], preset?: string, memory = host) =>
  suggest({ data, settings: ['engine=eager', ...set], ...(preset !== undefined && { preset }) }, { host: memory });

it('suggests each setting with a reason, and says what it takes; nothing is written', async () => {
  const before = readdirSync(data);
  const { preset, lines, memory, steps, settings, warnings, set } = await suggested();
  expect(preset).toBe('dinov2-few-images');
  expect(lines.map(({ subject }) => subject)).toEqual(['network', 'batch', 'prototypes', 'crops', 'epochs', 'engine']);
  for (const { value, reason } of lines) expect([value, reason]).not.toContain('');
  expect(lines[0]?.reason).toMatch(/^40 images, about \d+ × \d+: from so few, DINOv2's recipe/);
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
    expect(lines[4]).toEqual({ subject: 'epochs', value: '40', reason: 'as you chose; 80 steps in all' });
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
  const { lines, steps, data: size, warnings } = await suggest({ data, settings, init: { path: start } }, { host });
  expect(lines.map(({ subject, value, reason }) => `${subject} ${value}: ${reason}`)).toEqual([
    'network ViT 48 wide, 3 blocks, patches of 8: that of the weights',
    'batch 4: as you chose; 7 steps an epoch',
    'prototypes none: a classifier of 2 classes is in their place',
    expect.stringMatching(/^crops 1 of 32 pixels: 16 patches in a crop/),
    'epochs 3: as you chose; 21 steps in all',
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
});

const short = (free: number) => ({ total: 100 * GB, free, swap: 0 });

it('says when nothing fits, and that it would be refused', async () => {
  const { isRefused, instead, warnings } = await suggested(['batch_size=32'], 'small-data', short(1e8));
  expect([isRefused, instead]).toEqual([true, undefined]);
  expect(warnings.at(-1)).toMatch(
    /^It takes about .* of memory, but only 0\.10 GB are free: close other programs, since nothing smaller fits: even the preset few-images takes about 0\.\d+ GB\.$/,
  );
  // It could be swapped out, however slow that is: it is not refused.
  const swapped = await suggested(['batch_size=32'], 'small-data', { ...short(1e8), swap: 8 * GB });
  expect([swapped.isRefused, swapped.warnings.length]).toEqual([false, 2]);
});

it('in the place of a run that would be refused the largest one is suggested that fits', async () => {
  const few = await suggested([], 'few-images');
  const { isRefused, instead, preset, settings, set, memory, warnings, lines } = await suggested(
    ['epochs=7'],
    'base',
    short(1.3 * (few.memory ?? 0)),
  );
  expect([isRefused, instead, preset, set]).toEqual([false, { preset: 'few-images', set: {} }, 'few-images', {}]);
  expect(settings).toMatchObject({ embed_dim: 64, epochs: 7 });
  expect(memory).toBe(few.memory);
  expect(warnings[0]).toMatch(
    /^What was asked for takes about \d+\.\d GB of memory, but only 0\.\d+ GB are free; suggested in its place: the preset few-images\.$/,
  );
  expect(lines[0]?.reason).toBe('base does not fit the memory');
});

it.each(['batch_size', 'train.batch_size_per_gpu'])(
  'of DINOv2, whose result parts would change, the batch is made smaller: %s',
  async (key) => {
    const wanted = (batch: number) => ['method=dinov2', `${key}=${batch}`, 'image_size=96', 'local_size=48'];
    const few = (await suggested(wanted(2))).memory ?? 0;
    const { set, instead, settings, lines } = await suggested(wanted(20), undefined, short(1.2 * few));
    expect(settings.batch_size).toBe(10 / Math.round(10 / settings.batch_size));
    expect(instead).toEqual({ set: { batch_size: settings.batch_size } });
    expect(set).toMatchObject({ batch_size: settings.batch_size });
    expect(lines[1]?.reason).toMatch(/^20 would not fit the memory/);
  },
);

it('prototypes that the images have no use for go first, then pixels that no preset could make up for', async () => {
  const few = (await suggested([], 'few-images')).memory ?? 0;
  const many = await suggested(['out_dim=1000000'], 'few-images', short(1.3 * few));
  expect(many).toMatchObject({ isRefused: false, instead: { set: { out_dim: 1024 } }, set: { out_dim: 1024 } });
  expect(many.lines[2]).toEqual({
    subject: 'prototypes',
    value: 'K 1024',
    reason: '1,000,000 would not fit the memory',
  });
  const sized = ['image_size=1600', 'patch_size=4', 'local_size=12'];
  const large = await suggested(sized, 'few-images', short(1.6 * few));
  expect(large.instead?.set.image_size).toBeLessThan(1600);
  expect(large.memory).toBeLessThan(0.9 * 1.6 * few);
  expect(large.lines[3]?.reason).toMatch(/^1,600 would not fit the memory; \d+ patches in a global crop/);
});

it('a smaller preset whose crops do not fit what was asked for is passed over', async () => {
  // The preset few-images has local crops of 12 pixels, which patches of 8 do not fill.
  const sized = ['patch_size=8', 'image_size=896', 'batch_size=2', 'depth=1', 'local_crops_number=1'];
  const { isRefused, instead } = await suggested(sized, 'tiny', short(1.2 * GB));
  expect(isRefused).toBe(false);
  expect(instead?.preset).toBe(undefined);
  expect(instead?.set.image_size).toBeLessThan(896);
});

it('a batch larger than the data set is refused before anything is measured', async () => {
  await expect(suggested(['batch_size=41'])).rejects.toThrow(
    /^A batch of 41 images is larger than the data set .*, which has 40; set batch_size to at most that/,
  );
});

it('says why a method was passed over, and what was chosen of the network', async () => {
  const { lines, warnings } = await suggested(['arch=resnet50']);
  expect(warnings.at(-1)).toMatch(/^The preset is few-images, not dinov2-few-images: arch is "resnet50"/);
  expect(lines[0]?.reason).toMatch(/^arch as you chose; all else as for 40 images, about/);
  expect(lines[3]?.reason).toBe('as the preset few-images has them');
});

it('of DINOv2 it says what is masked, and both heads', async () => {
  const { lines } = await suggested(['ibot_separate_head=true', 'ibot_head_n_prototypes=2048']);
  expect(lines[2]).toMatchObject({ value: 'K 1024, and 2048 of patches' });
  expect(lines[2]?.reason).toMatch(/have no use for the original's 65,536; as you chose$/);
  expect(lines[3]?.reason).toContain('patches in a global crop, of which 10 % to 50 % are masked in 50 % of the crops');
});

it('epochs that take longer than a day, however few, are not said to take less', async () => {
  remember(storageFolder(), SPEEDS, describeMachine(), { eager: { version: '1', milliseconds: 1e9 } });
  expect((await suggested()).lines[4]?.reason).toMatch(
    /; fewer would be too few, though these take longer than a day here$/,
  );
});

it('numbers agree with what they count', async () => {
  const one = await writeImages(mkdtempSync(join(tmpdir(), 'dino-images-')), 1);
  const { lines, warnings } = await suggest({ data: one, settings: ['engine=eager', 'epochs=1', 'batch_size=1'] });
  expect(warnings[0]).toBe('1 image is few to learn from: 100 or more are better.');
  expect(warnings[1]).toMatch(/^The preset is few-images, not dinov2-few-images: batch_size is 1/);
  const said = lines.map(({ value, reason }) => `${value}: ${reason}`).join('; ');
  expect(said).toContain('1 image, about');
  expect(said).toContain('1 step in all');
  expect(said).not.toMatch(/\b1 (images|steps|blocks|patches)/);
});
