import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { NamedHostTensors } from '../../../src/program/program.js';
import { importWeights } from '../../../src/runs/importWeights.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import { networkSpec } from '../../../src/settings/specs.js';
import {
  initialNetwork,
  initRemarks,
  keptWeights,
  requireNoContradiction,
  requireTrainable,
} from '../../../src/training/init.js';
import { prepare } from '../../../src/training/prepare.js';
import { readSafetensors } from '../../../src/weights/safetensors.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { torchFile } from '../weights/torchFile.js';
import { dict } from '../weights/torchFiles.js';
import { writeImages } from './images.js';

const REFERENCE = join(import.meta.dirname, '../../reference');
/** A ViT 12 wide with two heads, for images of 16 pixels. */
const DINO = join(REFERENCE, 'weights/timm-dino');
/** Without a projection head. */
const HEADLESS = join(REFERENCE, 'weights/hf-vit');
const WITHOUT_BIASES = join(REFERENCE, 'weights/hf-vit_eps');

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
  requireTrainable(init, settings);
  expect(initRemarks(init, settings)).toEqual([
    `student and teacher start from ${DINO} (timm-dino, in the names of timm), with a new projection head`,
  ]);
  const kept = keptWeights(init, 16);
  expect(kept).toEqual(init.network.parameters);
});

it('a setting that contradicts them is refused by name', async () => {
  const init = await initialNetwork({ path: DINO });
  expect(() => requireNoContradiction(init, { depth: 3, image_size: 16, patch_size: 4 })).toThrow(
    `A training that starts from ${DINO} cannot have depth 3 (it has 2): leave this setting out.`,
  );
  requireNoContradiction(init, { depth: 2, image_size: 16 });
});

it('what contradicts them is said before what does not fit together because of it', async () => {
  const data = await writeImages(temporaryFolder(), 4);
  const request = { data, run: join(temporaryFolder(), 'run'), resume: false, init: { path: DINO } };
  // With patches of 16 the images of 16 pixels that the weights are for would be too small, too.
  await expect(
    prepare({ ...request, settings: { patch_size: 16, method: 'dino' } }, new AbortController().signal),
  ).rejects.toThrow(
    `A training that starts from ${DINO} cannot have patch_size 16 (it has 4): leave this setting out.`,
  );
});

it('weights are called as a person has named them: an import is not the file that it was made of', async () => {
  const path = join(temporaryFolder(), 'imported');
  await importWeights({ path: DINO, out: path, versions: {} });
  const init = await initialNetwork({ path });
  expect(init.recorded.file).toBe(DINO);
  expect(() => requireNoContradiction(init, { depth: 3 })).toThrow(`A training that starts from ${path} cannot have`);
  expect(initRemarks(init, settingsWith(['image_size=16', 'local_size=8'], init.settings))).toEqual([
    `student and teacher start from ${path} (imported, in the names of timm), with a new projection head`,
  ]);
});

it('a CLS token without a position gets one of zeros', async () => {
  const init = await initialNetwork({ path: join(REFERENCE, 'weights/timm-dinov2_reg4') });
  const { backbone } = init.network;
  if (backbone.kind !== 'vit') throw new Error('It is a Vision Transformer.');
  expect(backbone.positions.ofCls).toBe(false);
  const { imageSize, embedDim, patchSize } = backbone;
  const set = [`image_size=${imageSize}`, `local_size=${patchSize}`];
  requireTrainable(init, resolveSettings({ set, init: { path: init.path, values: init.settings } }).settings);
  const own = init.network.parameters['backbone.pos_embed'];
  const given = keptWeights(init, imageSize)['backbone.pos_embed'];
  expect(given?.shape).toEqual([1, (own?.shape[1] ?? 0) + 1, embedDim]);
  expect(given?.data).toEqual(Float32Array.of(...new Float32Array(embedDim), ...(own?.data ?? [])));
  // Of twice as many patches the token still has none.
  const larger = keptWeights(init, 2 * imageSize)['backbone.pos_embed'];
  expect(larger?.data.subarray(0, embedDim)).toEqual(new Float32Array(embedDim));
  expect(larger?.data.subarray(embedDim).some((value) => value !== 0)).toBe(true);
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

it('DINOv2 goes on with its registers and LayerScale, a ViT of Hugging Face with its epsilon; what trainings do not have yet is named', async () => {
  const dinov2 = await initialNetwork({ path: join(REFERENCE, 'weights/hf-dinov2_registers') });
  const settings = settingsWith(['image_size=16', 'local_size=8'], dinov2.settings);
  expect(settings).toMatchObject({ num_register_tokens: 4, layerscale: 1e-5, ffn_layer: 'mlp' });
  requireTrainable(dinov2, settings);
  const vit = await initialNetwork({ path: HEADLESS });
  const small = settingsWith(['image_size=16', 'local_size=8'], vit.settings);
  expect(small.layer_norm_eps).toBe(1e-12);
  expect(networkSpec(small).backbone).toMatchObject({ normEps: 1e-12, positions: { antialias: false, offset: 0 } });
  requireTrainable(vit, small);
  const other = await initialNetwork({ path: WITHOUT_BIASES });
  expect(() => requireTrainable(other, settingsWith(['image_size=16', 'local_size=8'], other.settings))).toThrow(
    `A training cannot start from ${WITHOUT_BIASES}: it has no bias of queries, keys and values, which trainings do not have yet.`,
  );
  await expect(initialNetwork({ path: HEADLESS, head: 'kept' })).rejects.toThrow(
    'has no projection head that could be kept',
  );
});

it('what only the training of DINOv2 uses goes on with it: its mask token, and the head of patches with the other head', async () => {
  const teacher = readSafetensors(join(REFERENCE, 'tiny-vit/teacher_final.safetensors'));
  const headOfPatches: NamedHostTensors = Object.fromEntries(
    Object.entries(teacher).flatMap(([name, tensor]) =>
      name.startsWith('head.') ? [[name.replace('head.', 'ibot_head.'), tensor]] : [],
    ),
  );
  const mask = { shape: [1, 48], dtype: 'float32' as const, data: Float32Array.from({ length: 48 }, (_, i) => i) };
  const file = torchFile({ ...teacher, ...headOfPatches, 'backbone.mask_token': mask }, (state) =>
    dict({ teacher: state }),
  );
  const path = join(temporaryFolder(), 'imported');
  await importWeights({ path: file, out: path, numHeads: 3, versions: {} });
  const settingsOf = (method: string, values: Readonly<Record<string, unknown>>) =>
    resolveSettings({ set: [`method=${method}`, 'image_size=32', 'local_size=16'], init: { path, values } }).settings;

  const kept = await initialNetwork({ path, head: 'kept' });
  expect(kept.settings).toMatchObject({ ibot_separate_head: true, ibot_head_n_prototypes: kept.settings.out_dim });
  const weights = keptWeights(kept, kept.network.backbone.imageSize);
  expect(weights['backbone.mask_token']?.data).toEqual(mask.data);
  expect(Object.keys(weights)).toEqual(expect.arrayContaining(Object.keys(headOfPatches)));

  const renewed = await initialNetwork({ path });
  expect(renewed.settings).not.toHaveProperty('ibot_separate_head');
  const ofBackbone = Object.keys(keptWeights(renewed, renewed.network.backbone.imageSize));
  expect(ofBackbone).toContain('backbone.mask_token');
  expect(ofBackbone.filter((name) => !name.startsWith('backbone.'))).toEqual([]);

  const said = (init: typeof kept, settings: ReturnType<typeof settingsOf>) => initRemarks(init, settings).at(-1);
  expect(said(kept, settingsOf('dinov2', kept.settings))).toMatch(
    /, with its projection head and that of patches(?:;|$)/,
  );
  expect(said(kept, settingsOf('dino', kept.settings))).toMatch(/, with its projection head(?:;|$)/);
});
