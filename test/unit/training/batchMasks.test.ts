/** The masks that a preview shows are those that the step is given. */
import { describe, expect, it } from 'vitest';
import { resolveSettings } from '../../../src/settings/resolve.js';
import type { Settings } from '../../../src/settings/settings.js';
import { batchMasks } from '../../../src/training/batchMasks.js';
import { planHyperparameters } from '../../../src/training/hyperparameters.js';
import { inputsOf } from '../../../src/training/step.js';

const settingsWith = (set: Readonly<Record<string, unknown>>): Settings =>
  resolveSettings({
    set: {
      method: 'dinov2',
      embed_dim: 12,
      depth: 2,
      num_heads: 2,
      patch_size: 4,
      image_size: 24,
      local_size: 8,
      local_crops_number: 0,
      out_dim: 16,
      batch_size: 8,
      seed: 3,
      ...set,
    },
  }).settings;

const PATCHES = 36;

describe('the masks of a batch', () => {
  it.each([1, 2, 4])('are those of the step, in %i parts', (parts) => {
    const settings = settingsWith({ gradient_accumulation_steps: parts });
    const step = 5;
    const globals = new Float32Array(2 * settings.batch_size * 3 * settings.image_size ** 2);
    const calls = [...inputsOf(settings, step, planHyperparameters(settings, 10)(step), { globals })];
    expect(calls).toHaveLength(parts);

    const { rows, columns, masks } = batchMasks(settings, step);
    expect([rows, columns, masks.length]).toEqual([6, 6, 2 * 8 * PATCHES]);
    const images = settings.batch_size / parts;
    const maskOf = (image: number, crop: number) => [
      ...masks.slice((2 * image + crop) * PATCHES, (2 * image + crop + 1) * PATCHES),
    ];
    calls.forEach(({ masks: given }, call) => {
      // Crops as `globals` has them: the first of all images, then the second.
      expect(given?.data.length).toBe(2 * images * PATCHES);
      for (let crop = 0; crop < 2; crop++)
        for (let image = 0; image < images; image++) {
          const row = crop * images + image;
          const ofStep = [...(given?.data ?? []).slice(row * PATCHES, (row + 1) * PATCHES)];
          expect(maskOf(call * images + image, crop)).toEqual(ofStep);
        }
    });
    const masked = Array.from({ length: 16 }, (_, i) => maskOf(i >> 1, i % 2)).filter((mask) => mask.includes(1));
    expect(masked).toHaveLength(8);
  });

  it('are others in another step and with another seed', () => {
    const settings = settingsWith({});
    const first = batchMasks(settings, 0).masks;
    expect(batchMasks(settings, 0).masks).toEqual(first);
    expect(batchMasks(settings, 1).masks).not.toEqual(first);
    expect(batchMasks({ ...settings, seed: 4 }, 0).masks).not.toEqual(first);
  });

  it('are none where no crop is to be masked', () => {
    const none = { ...settingsWith({}), mask_sample_probability: 0 };
    expect(batchMasks(none, 0)).toEqual({ rows: 0, columns: 0, masks: new Uint8Array() });
    // Of 16 crops a share that is less than one.
    const tooFew = { ...settingsWith({}), mask_sample_probability: 0.06 };
    expect(batchMasks(tooFew, 0)).toEqual({ rows: 0, columns: 0, masks: new Uint8Array() });
    expect(batchMasks({ ...tooFew, mask_sample_probability: 0.07 }, 0).masks).toContain(1);
  });
});
