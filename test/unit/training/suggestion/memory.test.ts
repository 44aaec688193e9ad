import { expect, it, vi } from 'vitest';
import type { Engine } from '../../../../src/engines/engine.js';
import { resolveSettings } from '../../../../src/settings/resolve.js';
import type { SmallerRuns } from '../../../../src/training/suggestion/largestFitting.js';
import { estimatedMemory, fitting } from '../../../../src/training/suggestion/memory.js';
import { memoryStatement } from '../../../../src/training/suggestion/memoryStatement.js';

const MB = 2 ** 20;
const data = { images: 320, medianSize: { width: 64, height: 64 } };
const smallData = (...set: string[]) =>
  resolveSettings({ preset: 'small-data', set: ['num_workers=1', ...set] }).settings;
const onnx = { name: 'onnx', version: 'onnxruntime-node' } as Engine;
/** It computes a batch as a whole. */
const eager = { name: 'eager', version: 'TensorFlow.js' } as Engine;
const tensorflow = { name: 'tensorflow', version: 'TensorFlow' } as Engine;

/** That the peaks were measured on. */
const CORES = 2;

// Peaks of real runs on Linux x64, with the emoji (64 x 64 pixels): BENCHMARKS.md, "Suggestions".
it.each([
  ['few-images', [], 'onnx', 408],
  ['small-data', [], 'onnx', 840],
  ['small-data', ['batch_size=64'], 'onnx', 914],
  ['small-data', [], 'tensorflow', 1162],
  ['small-data', ['batch_size=64'], 'tensorflow', 1233],
  ['tiny', ['batch_size=4', 'out_dim=1024'], 'onnx', 1637],
  ['tiny', ['batch_size=4', 'out_dim=1024'], 'tensorflow', 2120],
] as const)('the estimate is near what was measured: %s %o, %s', async (preset, set, engine, measured) => {
  const { settings } = resolveSettings({ preset, set: ['num_workers=1', ...set] });
  const estimate = (await estimatedMemory(settings, data, engine, CORES)) / MB;
  expect(Math.abs(estimate / measured - 1)).toBeLessThan(0.12);
});

// The same, of eight photographs: 3,136 patches in a global crop.
const FEW_CROPS = ['batch_size=1', 'depth=2', 'local_crops_number=2', 'patch_size=4'];
const NARROW = ['batch_size=8', 'embed_dim=12', 'depth=2', 'num_heads=2', 'patch_size=4'];
it.each([
  [FEW_CROPS, 'onnx', 2728],
  [FEW_CROPS, 'tensorflow', 2098],
  [NARROW, 'onnx', 1300],
  [NARROW, 'tensorflow', 1396],
] as const)('of long sequences, too: %o, %s', async (set, engine, measured) => {
  const { settings } = resolveSettings({ preset: 'small', set: ['num_workers=1', 'out_dim=1024', ...set] });
  const photographs = { images: 8, medianSize: { width: 1024, height: 717 } };
  const estimate = (await estimatedMemory(settings, photographs, engine, CORES)) / MB;
  expect(Math.abs(estimate / measured - 1)).toBeLessThan(0.12);
});

it('long sequences take what their attention takes at once, not what that of all images does', async () => {
  const long = (batch: number) =>
    estimatedMemory(
      resolveSettings({
        preset: 'small',
        set: [`batch_size=${batch}`, 'embed_dim=12', 'depth=2', 'num_heads=2', 'patch_size=4', 'num_workers=1'],
      }).settings,
      { images: 8, medianSize: { width: 1024, height: 700 } },
      'tensorflow',
    );
  const [four, eight] = [await long(4), await long(8)];
  // Measured with out_dim 1024; the state of these settings, K 65536, is larger.
  expect(eight - four).toBeLessThan(100 * MB);
});

it('nothing is counted for a probe of so few images that there is none', async () => {
  const { settings } = resolveSettings({ preset: 'small-data', set: ['num_workers=1', 'batch_size=2'] });
  const of = (images: number) => estimatedMemory(settings, { images }, 'onnx');
  expect(await of(7)).toBeLessThan((await of(8)) - MB);
  expect(await of(7)).toBe(await of(2));
});

it('a batch in parts takes less, and is the least change that fits', async () => {
  const settings = smallData('batch_size=64');
  const whole = await estimatedMemory(settings, data, 'eager');
  const less = await fitting(settings, data, 'eager', 0.8 * whole);
  expect(less?.set).toEqual({ gradient_accumulation_steps: 2 });
  expect(less?.memory).toBeLessThan(0.8 * whole);
  expect(await fitting(settings, data, 'eager', whole)).toMatchObject({ set: {} });
  expect(await fitting(settings, data, 'eager', 100 * MB)).toMatchObject({ fits: false });
});

it.each(['onnx', 'tensorflow'] as const)(
  '%s computes a batch in parts of its own, so that a larger one hardly takes more, but for what more cores compute at once',
  async (engine) => {
    const of = (batch: number, cores: number, ...set: string[]) =>
      estimatedMemory(smallData(`batch_size=${batch}`, ...set), data, engine, cores);
    expect((await of(128, 2)) / (await of(32, 2))).toBeLessThan(1.5);
    expect((await of(128, 16)) / (await of(128, 2))).toBeGreaterThan(2);
    const whole = 'use_bn_in_head=true';
    expect((await of(128, 2, whole)) / (await of(32, 2, whole))).toBeGreaterThan(1.6);
  },
);

it.each([
  ['DINOv2, which compares the images of a batch', 'dinov2-few-images', ['batch_size=64', 'out_dim=65536']],
  ['batch norm in the head', 'small-data', ['batch_size=64', 'use_bn_in_head=true']],
] as const)('parts that would change the result are not set: %s', async (_, preset, set) => {
  const { settings } = resolveSettings({ preset, set: ['num_workers=1', ...set] });
  const whole = await estimatedMemory(settings, data, 'onnx');
  expect(await fitting(settings, data, 'onnx', whole - 1)).toMatchObject({ set: { activation_checkpointing: true } });
});

it('parts that were asked for stay, and checkpointing that is set already is not set again', async () => {
  const settings = resolveSettings({
    preset: 'dinov2-few-images',
    set: ['batch_size=64', 'gradient_accumulation_steps=4', 'activation_checkpointing=true'],
  }).settings;
  const whole = await estimatedMemory(settings, data, 'onnx');
  expect(await fitting(settings, data, 'onnx', whole - 1)).toMatchObject({ fits: false });
  expect((await fitting(settings, data, 'onnx', whole))?.set).toEqual({});
});

it('what a run says of its memory before it starts, and what to change', async () => {
  const settings = smallData('batch_size=64');
  const said = (total: number, free: number) =>
    memoryStatement(settings, data, eager, { host: { total: total * MB, free: free * MB } });
  expect(await said(8000, 4000)).toMatchObject({
    fits: true,
    text: expect.stringMatching(/^it takes about 2\.\d GB of memory, of 4\.2 GB/),
  });
  expect(await said(8000, 1800)).toEqual({
    fits: false,
    text: expect.stringMatching(
      /but only 1\.9 GB are free: close other programs, or set gradient_accumulation_steps 2 \(--set gradient_accumulation_steps=2\), which gives the same result/,
    ),
  });
  await expect(said(1200, 1200)).rejects.toThrow(
    /^The run takes about 2\.\d GB of memory, but this machine has 1\.3 GB: set gradient_accumulation_steps 4/,
  );
  const onGpu = { ...tensorflow, usesGpu: true };
  expect(await memoryStatement(settings, data, onGpu, { host: { total: 0, free: 0 } })).toBeUndefined();
});

it('a run is refused where what is free and what can be swapped out are certainly too little', async () => {
  const settings = smallData('batch_size=64');
  const said = (free: number, swap: number) =>
    memoryStatement(settings, data, eager, { host: { total: 8000 * MB, free: free * MB, swap: swap * MB } });
  await expect(said(1200, 0)).rejects.toThrow(
    /^The run takes about 2\.\d GB of memory, but only 1\.3 GB are free: close other programs, or set gradient_accumulation_steps 4 \(--set gradient_accumulation_steps=4\), which gives the same result with about [01]\.\d+ GB\.$/,
  );
  await expect(said(300, 100)).rejects.toThrow(
    /but only 0\.31 GB are free, and 0\.10 GB of swap: close other programs, since a run that is resumed keeps its network, its batch and its crops, and takes at least about 0\.\d+ GB\.$/,
  );
  // Swap enough to begin with, or an estimate that may be a quarter too high.
  expect(await said(900, 1200)).toMatchObject({ fits: false });
  expect(await said(2000, 0)).toMatchObject({ fits: false });
});

it('what is advised where nothing with the same result is enough, is enough', async () => {
  const settings = smallData('batch_size=64');
  const host = { total: 8000 * MB, free: 300 * MB, swap: 0 };
  const [instead, asked] = [{ preset: 'few-images', set: { batch_size: 8 } } as const, vi.fn()];
  const found = { instead, settings, set: { activation_checkpointing: true }, memory: 200 * MB, fits: true };
  const said = (runs: SmallerRuns) =>
    memoryStatement(settings, data, onnx, { host, smallerRuns: asked.mockResolvedValue(runs) });
  await expect(said({ found, least: found })).rejects.toThrow(
    'are free: close other programs, or choose the preset few-images with a batch of 8 (--preset few-images --set batch_size=8 --set activation_checkpointing=true), which takes about 0.21 GB.',
  );
  expect(asked).toHaveBeenCalledWith('onnx', 0.9 * 300 * MB);
  await expect(said({ least: { ...found, fits: false } })).rejects.toThrow(
    'are free: close other programs, since nothing smaller fits: even the preset few-images with a batch of 8 takes about 0.21 GB.',
  );
  await expect(said({})).rejects.toThrow(
    'are free: close other programs, since nothing that could be chosen makes it smaller.',
  );
});
