import { join } from 'node:path';
import { expect, it } from 'vitest';
import { resolveSettings } from '../../../src/settings/resolve.js';
import { initialNetwork, initRemarks, keptWeights, requireFitting } from '../../../src/training/init.js';

const REFERENCE = join(import.meta.dirname, '../../reference');
/** A ViT 12 wide with two heads, for images of 16 pixels. */
const DINO = join(REFERENCE, 'weights/timm-dino');
/** Without a projection head. */
const HEADLESS = join(REFERENCE, 'weights/hf-vit');

const settingsWith = (set: readonly string[], values: Readonly<Record<string, unknown>>) =>
  resolveSettings({ set, init: { path: DINO, values } }).settings;

it('the weights decide the shape of the network, and the record says where they come from', async () => {
  const init = await initialNetwork({ path: DINO });
  expect(init.settings).toMatchObject({
    arch: 'vit',
    embed_dim: 12,
    depth: 2,
    num_heads: 2,
    patch_size: 4,
    in_chans: 3,
  });
  expect(init.settings).toMatchObject({ interpolate_antialias: true, interpolate_offset: 0, num_register_tokens: 0 });
  expect(init.recorded).toMatchObject({
    file: DINO,
    library: 'timm',
    head: 'new',
    files: [{ name: 'model.safetensors' }],
  });
  const settings = settingsWith(['image_size=16', 'local_size=8'], init.settings);
  expect(settings).toMatchObject({ embed_dim: 12, depth: 2, patch_size: 4 });
  requireFitting(DINO, init, settings);
  expect(initRemarks(init, settings)).toEqual([
    `student and teacher start from ${DINO} (timm-dino, in the names of timm), with a new projection head`,
  ]);
  const kept = keptWeights(init, 16);
  expect(kept).toEqual(init.network.parameters);
});

it('a setting that contradicts them is refused by name', async () => {
  const init = await initialNetwork({ path: DINO });
  const settings = settingsWith(['depth=3', 'image_size=16', 'local_size=8'], init.settings);
  expect(() => requireFitting(DINO, init, settings)).toThrow(
    `A training that starts from ${DINO} cannot have depth 3 (it has 2): leave these settings out.`,
  );
});

it('positions are resized once to the images of the run', async () => {
  const init = await initialNetwork({ path: DINO });
  const settings = settingsWith(['image_size=24', 'local_size=8'], init.settings);
  expect(initRemarks(init, settings)[0]).toMatch(/; its positions, for 16 pixels, are resized to 24$/);
  const before = init.network.parameters['backbone.pos_embed']?.data ?? new Float32Array();
  const resized = keptWeights(init, 24)['backbone.pos_embed'];
  expect(resized?.shape).toEqual([1, 37, 12]);
  expect(resized?.data.subarray(0, 12)).toEqual(before.subarray(0, 12));
  // Weights that sum to 1, and a grid that is symmetric, keep the mean.
  const mean = (data: Float32Array | Int32Array | undefined, channel: number) => {
    const values = [...(data ?? [])].slice(12).filter((_, i) => i % 12 === channel);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const spread = Math.max(...before) - Math.min(...before);
  for (let channel = 0; channel < 12; channel++)
    expect(Math.abs(mean(resized?.data, channel) - mean(before, channel))).toBeLessThan(0.05 * spread);
});

it('DINOv2 goes on with its registers and LayerScale; what trainings do not have yet is named', async () => {
  const dinov2 = await initialNetwork({ path: join(REFERENCE, 'weights/hf-dinov2_registers') });
  const settings = settingsWith(['image_size=16', 'local_size=8'], dinov2.settings);
  expect(settings).toMatchObject({ num_register_tokens: 4, layerscale: 1e-5, ffn_layer: 'mlp' });
  requireFitting(DINO, dinov2, settings);
  const other = await initialNetwork({ path: HEADLESS });
  expect(() =>
    requireFitting(HEADLESS, other, settingsWith(['image_size=16', 'local_size=8'], other.settings)),
  ).toThrow(
    `A training cannot start from ${HEADLESS}: it has another epsilon of its norms, which trainings do not have yet.`,
  );
  await expect(initialNetwork({ path: HEADLESS, head: 'kept' })).rejects.toThrow(
    'has no projection head that could be kept',
  );
});
