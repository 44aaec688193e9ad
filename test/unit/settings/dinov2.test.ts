/** The settings of DINOv2: what its own configs come to, and what does not go together. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { augmentationSpec } from '../../../src/data/batch.js';
import { presetsFor } from '../../../src/settings/presetChoice.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import { networkSpec } from '../../../src/settings/specs.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

/** ssl_default_config.yaml of facebookresearch/dinov2, its precisions shortened. */
const DEFAULTS = `
MODEL:
  WEIGHTS: ''
compute_precision:
  grad_scaler: true
  teacher: {backbone: {sharding_strategy: SHARD_GRAD_OP, mixed_precision: {param_dtype: fp16, reduce_dtype: fp16}}}
dino: {loss_weight: 1.0, head_n_prototypes: 65536, head_bottleneck_dim: 256, head_nlayers: 3, head_hidden_dim: 2048, koleo_loss_weight: 0.1}
ibot:
  loss_weight: 1.0
  mask_sample_probability: 0.5
  mask_ratio_min_max:
  - 0.1
  - 0.5
  separate_head: false
  head_n_prototypes: 65536
  head_bottleneck_dim: 256
  head_nlayers: 3
  head_hidden_dim: 2048
train:
  batch_size_per_gpu: 64
  dataset_path: ImageNet:split=TRAIN
  output_dir: .
  saveckp_freq: 20
  seed: 0
  num_workers: 10
  OFFICIAL_EPOCH_LENGTH: 1250
  cache_dataset: true
  centering: "centering" # or "sinkhorn_knopp"
student:
  arch: vit_large
  patch_size: 16
  drop_path_rate: 0.3
  layerscale: 1.0e-05
  drop_path_uniform: true
  pretrained_weights: ''
  ffn_layer: "mlp"
  block_chunks: 0
  qkv_bias: true
  proj_bias: true
  ffn_bias: true
  num_register_tokens: 0
  interpolate_antialias: false
  interpolate_offset: 0.1
teacher: {momentum_teacher: 0.992, final_momentum_teacher: 1, warmup_teacher_temp: 0.04, teacher_temp: 0.07, warmup_teacher_temp_epochs: 30}
optim:
  epochs: 100
  weight_decay: 0.04
  weight_decay_end: 0.4
  base_lr: 0.004 # learning rate for a batch size of 1024
  lr: 0. # will be set after applying scaling rule
  warmup_epochs: 10
  min_lr: 1.0e-06
  clip_grad: 3.0
  freeze_last_layer_epochs: 1
  scaling_rule: sqrt_wrt_1024
  patch_embed_lr_mult: 0.2
  layerwise_decay: 0.9
  adamw_beta1: 0.9
  adamw_beta2: 0.999
crops:
  global_crops_scale:
  - 0.32
  - 1.0
  local_crops_number: 8
  local_crops_scale:
  - 0.05
  - 0.32
  global_crops_size: 224
  local_crops_size: 96
evaluation:
  eval_period_iterations: 12500
`;

/** train/vitl14.yaml. */
const VITL14 = `
dino:
  head_n_prototypes: 131072
  head_bottleneck_dim: 384
ibot:
  separate_head: true
  head_n_prototypes: 131072
train:
  batch_size_per_gpu: 32
  dataset_path: ImageNet22k
  centering: sinkhorn_knopp
student:
  arch: vit_large
  patch_size: 14
  drop_path_rate: 0.4
  ffn_layer: swiglufused
  block_chunks: 4
teacher:
  momentum_teacher: 0.994
optim:
  epochs: 500
  weight_decay_end: 0.2
  base_lr: 2.0e-04
  warmup_epochs: 80
  layerwise_decay: 1.0
crops:
  local_crops_size: 98
`;

function resolved(yaml: string, set: Readonly<Record<string, unknown>> = {}) {
  const path = join(temporaryFolder(), 'config.yaml');
  writeFileSync(path, yaml);
  return { path, ...resolveSettings({ configFile: path, images: 5000, set }) };
}

describe("the original's configs", () => {
  it('are taken as they are', () => {
    const { settings, notes } = resolved(VITL14);
    expect(settings).toMatchObject({
      ...{ method: 'dinov2', embed_dim: 1024, depth: 24, num_heads: 16, patch_size: 14, ffn_layer: 'swiglufused' },
      ...{ out_dim: 131_072, head_bottleneck_dim: 384, ibot_separate_head: true, ibot_head_n_prototypes: 131_072 },
      ...{ batch_size: 32, centering: 'sinkhorn_knopp', drop_path_rate: 0.4, momentum_teacher: 0.994, epochs: 500 },
      ...{ weight_decay_end: 0.2, lr: 2e-4, warmup_epochs: 80, layerwise_decay: 1, local_size: 98 },
      // What they leave out.
      ...{ koleo_loss_weight: 0.1, teacher_temp: 0.07, global_crops_scale: [0.32, 1], norm_last_layer: false },
    });
    expect(notes.join(' ')).toContain('train.dataset_path not used: a run is started with its images.');
    expect(notes.join(' ')).toContain('student.block_chunks not used: they do not change what is trained.');
    const { backbone, head, patchHead } = networkSpec(settings);
    expect(backbone).toMatchObject({ kind: 'vit', maskToken: true, layerScale: true, mlp: { kind: 'swiglu' } });
    expect([head.outDim, patchHead?.outDim]).toEqual([131_072, 131_072]);
  });

  it('leave nothing unread', () => {
    const { settings, notes } = resolved(DEFAULTS);
    const without = resolveSettings({ set: { method: 'dinov2' } }).settings;
    const { num_workers: _, warmup_epochs: __, ...own } = settings;
    expect(without).toMatchObject(own);
    expect(notes.join(' ')).toContain('train.OFFICIAL_EPOCH_LENGTH not used');
  });

  it('give way to single settings, by either name', () => {
    const { settings } = resolved(VITL14, { 'optim.epochs': 30, 'dino.koleo_loss_weight': 0, warmup_epochs: 3 });
    expect(settings).toMatchObject({ epochs: 30, koleo_loss_weight: 0, warmup_epochs: 3 });
  });

  it.each([
    [
      'a key that is not known',
      'optim:\n  epoch: 3\n',
      'optim.epoch in PATH is not a known setting; the nearest is optim.epochs.',
    ],
    ['a group that is not known', 'gram: {use_loss: true}', 'gram.use_loss in PATH is not a known setting'],
    ['another head', 'dino: {head_nlayers: 2}', 'dino.head_nlayers is 2 in PATH, but only 3 can be had.'],
    [
      'weights to start from',
      'student: {pretrained_weights: a.pth}',
      'student.pretrained_weights is "a.pth" in PATH, but only "" can be had; start the training from these weights (--init).',
    ],
    [
      'a value out of range',
      'optim: {epochs: 0}',
      'epochs is 0 in PATH, but must be a whole number from 1 to 1000000.',
    ],
    ['what is no YAML', 'optim: [', 'The config file PATH is not valid YAML: line 1, column '],
    ['a list', '- optim', 'The config file PATH must hold groups of keys, such as those of DINOv2.'],
  ])('are refused in a sentence where they have %s', (_, yaml, sentence) => {
    const path = join(temporaryFolder(), 'config.yaml');
    writeFileSync(path, yaml);
    expect(() => resolveSettings({ configFile: path })).toThrow(sentence.replace('PATH', path));
  });
});

describe('a teacher in a config of DINOv3', () => {
  const yaml = (enabled: unknown, path = 'a.pth') =>
    `distillation: {enabled: ${enabled}, full_cfg_path: a.yaml, checkpoint_path: ${path}}`;

  it('is the one of distill_from, with the recipe for distillation', () => {
    const { settings, notes } = resolved(yaml(true));
    expect(settings).toMatchObject({
      ...{ distill_from: 'a.pth', centering: 'sinkhorn_knopp', drop_path_rate: 0 },
      ...{ layerwise_decay: 0.99, momentum_teacher: 0.994, teacher_temp: 0.07, teacher_network: null },
    });
    expect(notes.join(' ')).toContain('distillation.full_cfg_path not used');
    const given = resolved(`${yaml(true)}\noptim: {layerwise_decay: 0.9}`).settings;
    expect(given.layerwise_decay).toBe(0.9);
  });

  it('is none where distillation is not enabled, and is asked for where it is', () => {
    expect(resolved(yaml(false)).settings).toMatchObject({ distill_from: '', layerwise_decay: 0.9 });
    expect(() => resolved(yaml(true, "''"))).toThrow('distillation.enabled is true in ');
    expect(() => resolved(yaml(true, "''"))).toThrow(
      'but needs the file of the teacher: distillation.checkpoint_path is "".',
    );
    expect(() => resolved(yaml('yes'))).toThrow('must be true or false.');
    const { settings } = resolved(yaml(false), {
      'distillation.enabled': true,
      'distillation.checkpoint_path': 'b.pth',
    });
    expect(settings.distill_from).toBe('b.pth');
  });
});

describe('settings that do not go together are refused in a sentence', () => {
  const small = { method: 'dinov2', patch_size: 4, image_size: 16, local_size: 8, embed_dim: 12, num_heads: 2 };
  it.each([
    [
      { image_size: 8 },
      'image_size is 8, but must be at least 12 to be masked: of its 2 x 2 patches no block can be masked (ibot_loss_weight 0 with mask_sample_probability 0 does without).',
    ],
    [
      { batch_size: 1 },
      "batch_size is 1, but must be at least 2: KoLeo takes an image's nearest neighbor in the batch (koleo_loss_weight 0 does without).",
    ],
    [
      { batch_size: 4, gradient_accumulation_steps: 4 },
      'batch_size / gradient_accumulation_steps is 1, but must be at least 2',
    ],
    [
      { batch_size: 2, mask_sample_probability: 0.1 },
      'mask_sample_probability is 0.1, but must be at least 0.25 for 4 global crops, so that one is masked',
    ],
    [
      { mask_ratio_min_max: [0.01, 0.05] },
      'mask_ratio_min_max ends at 0.05, but must end above 0.0625: of 16 patches none is masked.',
    ],
    [{ arch: 'resnet50' }, 'arch is "resnet50", but must be a ViT for the method dinov2, which masks patches.'],
    [{ use_bn_in_head: true }, 'use_bn_in_head is true, but must be false for the method dinov2.'],
    [{ gpus: 2, batch_size: 8 }, 'gpus is 2, but must be 1 for the method dinov2.'],
  ])('%j', (set, sentence) => {
    expect(() => resolveSettings({ set: { ...small, ...set } })).toThrow(sentence);
  });

  it('but not where no patch is to be masked, or for DINO', () => {
    const unmasked = { ibot_loss_weight: 0, mask_sample_probability: 0, koleo_loss_weight: 0, batch_size: 1 };
    expect(resolveSettings({ set: { ...small, image_size: 8, ...unmasked } }).settings.image_size).toBe(8);
    expect(resolveSettings({ set: { ...small, method: 'dino', batch_size: 1 } }).settings.method).toBe('dino');
  });
});

it('a data set gets a preset of the method that was chosen', () => {
  expect(presetsFor(1000, { width: 28, height: 28 }, 'dinov2')).toEqual(['dinov2-few-images']);
  expect(presetsFor(1_000_000, { width: 400, height: 300 }, 'dinov2')).toEqual(['dinov2']);
  const { settings, preset } = resolveSettings({ images: 1000, set: { method: 'dinov2' } });
  expect([preset, settings.method, settings.image_size]).toEqual(['dinov2-few-images', 'dinov2', 24]);
  expect(resolveSettings({ images: 1000, preset: 'dinov2' }).settings.method).toBe('dinov2');
});

it('crops are blurred as the published networks were trained, or as was intended', () => {
  const probabilities = (set: Readonly<Record<string, unknown>>) =>
    augmentationSpec(resolveSettings({ set }).settings).blurProbabilities;
  expect(probabilities({ method: 'dinov2' })).toEqual([0, 0.9, 0.5]);
  expect(probabilities({ method: 'dinov2', blur_probability: 'as_intended' })).toEqual([1, 0.1, 0.5]);
  expect(probabilities({})).toBeUndefined();
});
