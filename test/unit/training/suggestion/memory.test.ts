import { expect, it } from 'vitest';
import type { Engine } from '../../../../src/engines/engine.js';
import { resolveSettings } from '../../../../src/settings/resolve.js';
import { estimatedMemory, fitting } from '../../../../src/training/suggestion/memory.js';
import { memoryStatement } from '../../../../src/training/suggestion/memoryStatement.js';

const MB = 2 ** 20;
const data = { images: 320, medianSize: { width: 64, height: 64 } };
const smallData = (...set: string[]) =>
  resolveSettings({ preset: 'small-data', set: ['num_workers=1', ...set] }).settings;
const onnx = { name: 'onnx', version: 'onnxruntime-node' } as Engine;

// Peaks of real runs on Linux x64, with the emoji (64 x 64 pixels).
it.each([
  ['few-images', [], 305],
  ['small-data', [], 768],
  ['small-data', ['batch_size=64'], 1668],
  ['tiny', ['batch_size=4', 'out_dim=1024'], 1856],
] as const)('the estimate is within a tenth of what was measured: %s %o', async (preset, set, measured) => {
  const { settings } = resolveSettings({ preset, set: ['num_workers=1', ...set] });
  const estimate = (await estimatedMemory(settings, data, 'onnx')) / MB;
  expect(Math.abs(estimate / measured - 1)).toBeLessThan(0.1);
});

it('a batch in parts takes less, and is the least change that fits', async () => {
  const settings = smallData('batch_size=64');
  const whole = await estimatedMemory(settings, data, 'onnx');
  const less = await fitting(settings, data, 'onnx', 0.7 * whole);
  expect(less?.set).toEqual({ gradient_accumulation_steps: 2 });
  expect(less?.memory).toBeLessThan(0.7 * whole);
  expect(await fitting(settings, data, 'onnx', whole)).toMatchObject({ set: {} });
  expect(await fitting(settings, data, 'onnx', 100 * MB)).toBeUndefined();
});

it.each([
  ['DINOv2, which compares the images of a batch', 'dinov2-few-images', ['batch_size=64', 'out_dim=65536']],
  ['batch norm in the head', 'small-data', ['batch_size=64', 'use_bn_in_head=true']],
] as const)('parts that would change the result are not set: %s', async (_, preset, set) => {
  const { settings } = resolveSettings({ preset, set: ['num_workers=1', ...set] });
  const whole = await estimatedMemory(settings, data, 'onnx');
  expect(await fitting(settings, data, 'onnx', whole - 1)).toMatchObject({ set: { activation_checkpointing: true } });
  const said = await memoryStatement(settings, data, onnx, { total: 8000 * MB, free: 240 * MB });
  expect(said).toMatchObject({
    fits: false,
    text: expect.stringMatching(/or choose a smaller batch, a smaller network/),
  });
});

it('parts that were asked for stay, and checkpointing that is set already is not set again', async () => {
  const settings = resolveSettings({
    preset: 'dinov2-few-images',
    set: ['batch_size=64', 'gradient_accumulation_steps=4', 'activation_checkpointing=true'],
  }).settings;
  const whole = await estimatedMemory(settings, data, 'onnx');
  expect(await fitting(settings, data, 'onnx', whole - 1)).toBeUndefined();
  expect((await fitting(settings, data, 'onnx', whole))?.set).toEqual({});
});

it('what a run says of its memory before it starts, and what to change', async () => {
  const settings = smallData('batch_size=64');
  const said = (total: number, free: number) =>
    memoryStatement(settings, data, onnx, { total: total * MB, free: free * MB });
  expect(await said(8000, 4000)).toMatchObject({
    fits: true,
    text: expect.stringMatching(/^it takes about 1\.\d GB of memory, of 4\.2 GB/),
  });
  expect(await said(8000, 1500)).toEqual({
    fits: false,
    text: expect.stringMatching(
      /but only 1\.6 GB are free: close other programs, or set gradient_accumulation_steps 2 \(--set gradient_accumulation_steps=2\), which gives the same result/,
    ),
  });
  await expect(said(1000, 900)).rejects.toThrow(
    /^The run takes about 1\.\d GB of memory, but this machine has 1\.0 GB: set gradient_accumulation_steps 8/,
  );
  expect(await memoryStatement(settings, data, { ...onnx, usesGpu: true }, { total: 0, free: 0 })).toBeUndefined();
});
