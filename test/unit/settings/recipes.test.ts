import { expect, it } from 'vitest';
import { resolveSettings } from '../../../src/settings/resolve.js';

const resolved = (images: number, set: Readonly<Record<string, unknown>> = {}, embed_dim = 384) =>
  resolveSettings({
    images,
    set: { method: 'finetune', ...set },
    init: { path: 'weights', values: { embed_dim, num_heads: 2, patch_size: 16 }, imageSize: 96 },
  });

it('fine-tuning has the settings of its own recipe, and no preset', () => {
  const { settings, preset, origin } = resolved(50_000);
  expect(preset).toBeUndefined();
  expect(settings).toMatchObject({
    ...{ lr: 1e-3, layer_decay: 0.75, smoothing: 0.1, weight_decay: 0.05, weight_decay_end: 0.05, epochs: 50 },
    ...{ warmup_epochs: 5, batch_size: 64, image_size: 96, global_crops_scale: [0.08, 1], local_crops_number: 0 },
  });
  expect(origin.lr).toBe('recipe');
});

it('a small network takes a higher rate, few images smaller batches, and what is set wins', () => {
  expect(resolved(1000, {}, 64).settings).toMatchObject({ lr: 0.016, batch_size: 32 });
  expect(resolved(10, {}, 64).settings.batch_size).toBe(8);
  expect(resolved(1000, { epochs: 3, lr: 0.5 }, 64).settings).toMatchObject({ epochs: 3, warmup_epochs: 1, lr: 0.5 });
});

it('a run that is resumed keeps its settings', () => {
  const { settings } = resolved(1000, { lr: 0.5 });
  expect(resolveSettings({ run: settings }).settings).toEqual(settings);
});
