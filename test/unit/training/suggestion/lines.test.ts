/** What is suggested, line by line. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../../../src/engines/engine.js';
import { describeMachine, SPEEDS } from '../../../../src/engines/fastest.js';
import { remember } from '../../../../src/engines/memory.js';
import { storageFolder } from '../../../../src/engines/storage.js';
import { resolveSettings } from '../../../../src/settings/resolve.js';
import type { Preparation, TrainRun } from '../../../../src/training/prepare.js';
import { suggestedLines } from '../../../../src/training/suggestion/suggestedLines.js';

interface Given {
  readonly images?: number;
  readonly side?: number;
  readonly preset?: string | undefined;
  /** What a person has set. */
  readonly set?: Readonly<Record<string, unknown>>;
  readonly init?: boolean;
  readonly changes?: Partial<Parameters<typeof suggestedLines>[2]>;
  readonly engine?: Partial<Engine>;
  readonly request?: Pick<TrainRun, 'preset' | 'configFile'>;
}

/** `value: reason`, by subject. */
function said({ images = 640, side, preset, set = {}, init, changes, engine, request = {} }: Given) {
  const { settings, origin } = resolveSettings({ ...(preset !== undefined && { preset }), set });
  const preparation = {
    dataset: { modality: 'images', size: images },
    medianSize: side === undefined ? undefined : { width: side, height: side + 10 },
    settings,
    origin,
    preset,
    ...(init && { init: {} }),
  } as unknown as Preparation;
  const lines = suggestedLines(
    preparation,
    settings,
    { forMemory: {}, forTime: {}, ...changes },
    { name: 'onnx', ...engine } as Engine,
    request,
  );
  return Object.fromEntries(lines.map(({ subject, value, reason }) => [subject, `${value}: ${reason}`]));
}

beforeEach(() => {
  vi.stubEnv('DINO_STORAGE', mkdtempSync(join(tmpdir(), 'dino-storage-')));
});

describe('the network', () => {
  it('is that of the preset, for the images', () => {
    expect(said({ preset: 'tiny', side: 300, images: 20_000 })['network']).toBe(
      'tiny: ViT 192 wide, 12 blocks, patches of 16: 20,000 images, about 300 × 310: the quickest network for photographs',
    );
    expect(said({ preset: 'resnet50' })['network']).toBe('resnet50: resnet50: 640 images: a network of convolutions');
  });

  it('is small for many small images, too', () => {
    const reason = (images: number) => said({ preset: 'dinov2-few-images', images })['network'];
    expect(reason(10_000)).toMatch(/from so few, DINOv2's recipe on a small network learns most, in minutes$/);
    expect(reason(10_001)).toMatch(/on such small images, DINOv2's recipe needs a small network only$/);
  });

  it('is what a person has asked for', () => {
    expect(said({ preset: 'tiny', request: { preset: 'tiny' } })['network']).toMatch(/^tiny: .*: as you chose$/);
    expect(said({ request: { configFile: 'dino.json' } })['network']).toMatch(
      /^ViT 384 wide, 12 blocks, patches of 16: as you chose$/,
    );
    expect(said({ preset: 'tiny', set: { depth: 1, num_heads: 2 } })['network']).toBe(
      'tiny: ViT 192 wide, 1 block, patches of 16: depth, num_heads as you chose; all else as for 640 images',
    );
  });

  it('is that of the weights, or of what fits the memory', () => {
    expect(said({ preset: 'tiny', init: true })['network']).toMatch(/^ViT 192 wide.*: that of the weights$/);
    const { settings } = resolveSettings({ preset: 'base' });
    const replaced = (preset: string | undefined) => ({ replaced: { by: { preset: 'tiny', set: {} }, settings, preset } }) as const; // biome-ignore format: one line
    expect(said({ preset: 'tiny', changes: replaced('base') })['network']).toMatch(/: base does not fit the memory$/);
    expect(said({ preset: 'tiny', changes: replaced(undefined) })['network']).toMatch(
      /: ViT 768 wide, 12 blocks, patches of 16 does not fit the memory$/,
    );
  });
});

describe('the batch', () => {
  const batch = (batch_size: number, given: Given = {}) =>
    said({ ...given, set: { batch_size, ...given.set } })['batch'];

  it('makes so many steps an epoch', () => {
    expect(said({ preset: 'few-images' })['batch']).toBe('16: 40 steps an epoch');
    expect(batch(64)).toBe('64: as you chose; 10 steps an epoch');
    expect(batch(600)).toBe('600: as you chose; 1 step an epoch');
  });

  it('is all images where there are no more', () => {
    expect(batch(640)).toBe('640: as you chose; all images at once: there are no more');
    expect(batch(639)).toBe('639: as you chose; 1 step an epoch');
    expect(batch(1, { images: 1 })).toBe('1: as you chose; there is only one image');
  });

  it('is computed in parts where these fit the memory', () => {
    const forMemory = { gradient_accumulation_steps: 2 };
    expect(batch(64, { set: forMemory, changes: { forMemory } })).toBe(
      '64, in 2 parts: as you chose; fits the memory with gradient_accumulation_steps 2, which give the same result',
    );
  });

  it('takes the place of one that would not fit', () => {
    const { settings } = resolveSettings({ set: { batch_size: 2048 } });
    const changes = { replaced: { by: { set: { batch_size: 32 } }, settings, preset: undefined } };
    expect(batch(32, { changes })).toBe('32: 2,048 would not fit the memory; 20 steps an epoch');
  });
});

describe('the prototypes', () => {
  it('are as many as the images have a use for', () => {
    expect(said({ preset: 'few-images' })['prototypes']).toBe(
      "K 1024: 640 images have no use for the original's 65,536",
    );
    expect(said({ preset: 'few-images', images: 1 })['prototypes']).toMatch(/^K 1024: 1 image has no use for/);
    expect(said({ preset: 'tiny', images: 600_000 })['prototypes']).toBe(
      'K 65536: as in the original: enough images for so many',
    );
    expect(said({ preset: 'few-images', images: 600_000 })['prototypes']).toBe(
      'K 1024: as the preset few-images has them',
    );
    expect(said({ set: { out_dim: 512 } })['prototypes']).toBe('K 512: as you chose');
  });

  it('of patches have a reason of their own where it is another one', () => {
    const dinov2 = { method: 'dinov2', ibot_separate_head: true, ibot_head_n_prototypes: 2048 };
    expect(said({ set: { ...dinov2, out_dim: 512 } })['prototypes']).toBe('K 512, and 2048 of patches: as you chose');
    const { ibot_head_n_prototypes: _, ...separate } = dinov2;
    expect(said({ set: { ...separate, out_dim: 512 } })['prototypes']).toMatch(
      /^K 512, and \d+ of patches: as you chose; those of the patches' own head as in the original$/,
    );
  });

  it('are none of a classifier', () => {
    const given = { method: 'finetune', num_labels: 3 };
    const { settings, origin } = resolveSettings({ set: {} });
    const preparation = { dataset: { modality: 'images', size: 9 }, origin, settings } as unknown as Preparation;
    const lines = suggestedLines(
      preparation,
      { ...settings, ...given } as typeof settings,
      { forMemory: {}, forTime: {} },
      { name: 'onnx' } as Engine,
      {},
    );
    expect(lines[2]).toMatchObject({ value: 'none', reason: 'a classifier of 3 classes is in their place' });
    expect(lines[3]).toMatchObject({ value: '1 of 224 pixels', reason: '196 patches in a crop' });
  });
});

describe('the crops', () => {
  it('have so many patches, and enlarge images that are smaller', () => {
    const crops = (side: number) => said({ side, set: { image_size: 224, local_crops_number: 8 } })['crops'];
    expect(crops(224)).toBe('2 of 224 and 8 of 96 pixels: as you chose; 196 patches in a global crop');
    expect(crops(223)).toBe(
      '2 of 224 and 8 of 96 pixels: as you chose; 196 patches in a global crop; the images are enlarged',
    );
    expect(said({ set: { local_crops_number: 0 } })['crops']).toBe('2 of 224 pixels: 196 patches in a global crop');
  });

  it('of a network without patches are as somebody has decided', () => {
    expect(said({ set: { arch: 'resnet50' } })['crops']).toMatch(/pixels: as in the original$/);
    expect(said({ preset: 'resnet50' })['crops']).toMatch(/pixels: as the preset resnet50 has them$/);
  });

  it('of DINOv2 are masked, where a loss is for that', () => {
    const masked = (set: Readonly<Record<string, unknown>>) => said({ set: { method: 'dinov2', ...set } })['crops'];
    expect(masked({})).toMatch(/patches in a global crop, of which 10 % to 50 % are masked in 50 % of the crops$/);
    expect(masked({ ibot_loss_weight: 0 })).toMatch(/patches in a global crop$/);
  });

  it('take the place of larger ones that would not fit', () => {
    const { settings } = resolveSettings({ set: { image_size: 1600 } });
    const replaced = { by: { set: { image_size: 96 } }, settings, preset: undefined };
    expect(said({ set: { image_size: 96, local_size: 48 }, changes: { replaced } })['crops']).toMatch(
      /pixels: 1,600 would not fit the memory; 36 patches in a global crop$/,
    );
  });
});

describe('the epochs', () => {
  it('make so many steps', () => {
    expect(said({ set: { epochs: 3, batch_size: 64 } })['epochs']).toBe('3: as you chose; 30 steps in all');
    expect(said({ preset: 'few-images' })['epochs']).toMatch(/^\d+: [\d,]+ steps in all$/);
  });

  it('are fewer where more would take longer than a day', () => {
    const cut = (seconds: number) => said({ preset: 'few-images', changes: { forTime: { epochs: 10 }, seconds } });
    expect(cut(24 * 3600)['epochs']).toMatch(/ steps in all; more would take longer than a day here$/);
    expect(cut(24 * 3600 + 1)['epochs']).toMatch(
      / steps in all; fewer would be too few, though these take longer than a day here$/,
    );
    // A change of something else is not one of the epochs.
    expect(said({ preset: 'few-images', changes: { forTime: {}, seconds: 1e6 } })['epochs']).toMatch(/ in all$/);
  });
});

describe('the engine', () => {
  const speeds = (known: Readonly<Record<string, number>>) =>
    remember(
      storageFolder(),
      SPEEDS,
      describeMachine(),
      Object.fromEntries(Object.entries(known).map(([name, milliseconds]) => [name, { version: '1', milliseconds }])),
    );

  it('is the fastest that was measured', () => {
    speeds({ onnx: 12.4, tensorflow: 30.6 });
    expect(said({})['engine']).toBe('onnx: the fastest here: 12 ms for a small step, tensorflow 31 ms');
  });

  it('is the only one where nothing was measured, or nothing else', () => {
    const only = 'onnx: the only one that this machine has';
    expect(said({})['engine']).toBe(only);
    speeds({ onnx: 12 });
    expect(said({})['engine']).toBe(only);
    speeds({ tensorflow: 12 });
    expect(said({})['engine']).toBe(only);
  });

  it('is the one of the GPU, or that was asked for', () => {
    speeds({ onnx: 12, tensorflow: 30 });
    expect(said({ engine: { usesGpu: true } })['engine']).toBe('onnx: it has a GPU here');
    expect(said({ set: { engine: 'onnx' }, engine: { usesGpu: true } })['engine']).toBe('onnx: as you chose');
  });
});
