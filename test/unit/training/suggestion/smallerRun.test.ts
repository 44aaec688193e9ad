/** What takes the place of a run that does not fit the memory. */
import { expect, it } from 'vitest';
import { resolveSettings } from '../../../../src/settings/resolve.js';
import type { Settings } from '../../../../src/settings/settings.js';
import {
  fewerPrototypes,
  smallerBatches,
  smallerCrops,
  smallerPresets,
  smallnessText,
} from '../../../../src/training/suggestion/smallerRun.js';

const settingsOf = (set: Readonly<Record<string, unknown>>): Settings => resolveSettings({ set }).settings;
const dinov2 = (set: Readonly<Record<string, unknown>> = {}) => settingsOf({ method: 'dinov2', ...set });

it('smaller presets are those behind the one that was asked for', () => {
  const dino = settingsOf({});
  expect(smallerPresets(dino, 'base')).toEqual(['small', 'tiny', 'few-images']);
  expect(smallerPresets(dino, 'small')).toEqual(['tiny', 'few-images']);
  expect(smallerPresets(dino, 'few-images')).toEqual([]);
  expect(smallerPresets(dino, undefined)).toEqual(['small', 'tiny', 'few-images']);
  expect(smallerPresets(dino, 'my own')).toEqual(['small', 'tiny', 'few-images']);
  expect(smallerPresets(dinov2(), 'dinov2')).toEqual(['dinov2-few-images']);
  expect(smallerPresets(dinov2(), 'dinov2-few-images')).toEqual([]);
  expect(smallerPresets({ ...dino, method: 'finetune' }, undefined)).toEqual([]);
});

const batches = (settings: Settings) => smallerBatches(settings).map(({ batch_size }) => batch_size);

it('batches are halved down to two images in each part', () => {
  expect(batches(dinov2({ batch_size: 16 }))).toEqual([8, 4, 2]);
  expect(batches(dinov2({ batch_size: 12 }))).toEqual([6, 3]);
  expect(batches(dinov2({ batch_size: 2 }))).toEqual([]);
  expect(batches(dinov2({ batch_size: 16, gradient_accumulation_steps: 2 }))).toEqual([8, 4]);
});

it('a smaller batch is one that its parts and the GPUs divide', () => {
  expect(batches(dinov2({ batch_size: 24, gradient_accumulation_steps: 4 }))).toEqual([12]);
  expect(batches({ ...dinov2({ batch_size: 24 }), gpus: 4 })).toEqual([12]);
  expect(batches({ ...dinov2({ batch_size: 48, gradient_accumulation_steps: 2 }), gpus: 4 })).toEqual([24]);
});

it('no batch is made smaller where its parts give the same result', () => {
  expect(batches(settingsOf({ batch_size: 16 }))).toEqual([]);
});

it('there are no more prototypes than the images have a use for', () => {
  expect(fewerPrototypes(settingsOf({ out_dim: 4096 }), 100)).toEqual({ out_dim: 1024 });
  expect(fewerPrototypes(settingsOf({ out_dim: 1024 }), 100)).toBeUndefined();
  expect(fewerPrototypes({ ...settingsOf({ out_dim: 4096 }), method: 'finetune' }, 100)).toBeUndefined();
  const heads = { ibot_separate_head: true, out_dim: 1024, ibot_head_n_prototypes: 2048 };
  expect(fewerPrototypes(dinov2(heads), 100)).toEqual({ ibot_head_n_prototypes: 1024 });
  expect(fewerPrototypes(dinov2({ ...heads, ibot_head_n_prototypes: 1024 }), 100)).toBeUndefined();
  expect(fewerPrototypes(dinov2({ ...heads, out_dim: 2048 }), 100)).toEqual({
    out_dim: 1024,
    ibot_head_n_prototypes: 1024,
  });
  // Without a head of their own, patches have no prototypes.
  expect(fewerPrototypes(dinov2({ ...heads, ibot_separate_head: false }), 100)).toBeUndefined();
});

it('crops are halved, in whole patches, down to six patches a side', () => {
  const vit = settingsOf({ image_size: 224, patch_size: 8, local_size: 96, local_crops_number: 8 });
  expect(smallerCrops(vit)).toEqual([
    { image_size: 112, local_size: 56 },
    { image_size: 56, local_size: 24 },
  ]);
  expect(smallerCrops({ ...vit, patch_size: 16 })).toEqual([{ image_size: 112, local_size: 48 }]);
  expect(smallerCrops({ ...vit, patch_size: 16, image_size: 192 })).toEqual([{ image_size: 96, local_size: 48 }]);
  expect(smallerCrops({ ...vit, patch_size: 16, image_size: 190 })).toEqual([]);
  // A local crop that is half as wide already stays as it is.
  expect(smallerCrops({ ...vit, local_size: 48, patch_size: 16 })).toEqual([{ image_size: 112 }]);
  expect(smallerCrops({ ...vit, local_crops_number: 0, patch_size: 16 })).toEqual([{ image_size: 112 }]);
});

it('crops of a ResNet, which has no patches, are halved down to 32 pixels', () => {
  const resnet = settingsOf({ arch: 'resnet50', image_size: 130, local_size: 60, local_crops_number: 2 });
  expect(smallerCrops(resnet)).toEqual([
    { image_size: 65, local_size: 32 },
    { image_size: 32, local_size: 16 },
  ]);
});

it('says what is smaller in words', () => {
  expect(smallnessText({ set: { batch_size: 32 } })).toBe('a batch of 32');
  expect(smallnessText({ set: { out_dim: 1024, ibot_head_n_prototypes: 2048 } })).toBe('1,024 prototypes');
  expect(smallnessText({ set: { ibot_head_n_prototypes: 2048 } })).toBe('2,048 prototypes');
  expect(smallnessText({ set: { image_size: 96 } })).toBe('crops of 96 pixels');
  expect(smallnessText({ set: { batch_size: 8, image_size: 96, local_size: 48 } })).toBe(
    'a batch of 8 and crops of 96 pixels and 48',
  );
  expect(smallnessText({ preset: 'tiny', set: {} })).toBe('the preset tiny');
  expect(smallnessText({ preset: 'tiny', set: { batch_size: 8, out_dim: 1024, image_size: 96 } })).toBe(
    'the preset tiny with a batch of 8, 1,024 prototypes and crops of 96 pixels',
  );
});
