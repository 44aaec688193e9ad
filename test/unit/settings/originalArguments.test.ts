import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../../src/runs/readConfig.js';
import { configSchemaText } from '../../../src/settings/jsonSchema.js';
import { SettingsError } from '../../../src/settings/problems.js';
import { resolveSettings, type SettingsRequest } from '../../../src/settings/resolve.js';
import { SETTINGS } from '../../../src/settings/settings.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { dict, float, integer, list, namespace, none, text, truth, tuple, writeZip } from '../weights/torchFiles.js';

/** Every argument of main_dino.py (facebookresearch/dino 7c446df), with its default. */
const MAIN_DINO = {
  arch: 'vit_small',
  patch_size: 16,
  out_dim: 65_536,
  norm_last_layer: true,
  momentum_teacher: 0.996,
  use_bn_in_head: false,
  warmup_teacher_temp: 0.04,
  teacher_temp: 0.04,
  warmup_teacher_temp_epochs: 0,
  use_fp16: true,
  weight_decay: 0.04,
  weight_decay_end: 0.4,
  clip_grad: 3,
  batch_size_per_gpu: 64,
  epochs: 100,
  freeze_last_layer: 1,
  lr: 0.0005,
  warmup_epochs: 10,
  min_lr: 1e-6,
  optimizer: 'adamw',
  drop_path_rate: 0.1,
  global_crops_scale: [0.4, 1],
  local_crops_number: 8,
  local_crops_scale: [0.05, 0.4],
  data_path: '/path/to/imagenet/train/',
  output_dir: '.',
  saveckp_freq: 20,
  seed: 0,
  num_workers: 10,
  dist_url: 'env://',
  local_rank: 0,
} as const;

function file(name: string, content: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

const config = (values: object): string => file('dino.json', JSON.stringify(values));

function problemsOf(request: SettingsRequest): readonly string[] {
  try {
    resolveSettings(request);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  throw new Error('the settings were accepted');
}

/** What main_dino.py prints when it starts on two GPUs. */
const PRINTED = `| distributed init (rank 0): env://
git:
  sha: 7c446df5b9f45747937fb0d72314eb9f7b66930a, status: clean, branch: main

arch: deit_small
batch_size_per_gpu: 32
clip_grad: 0.3
data_path: /path/to/imagenet/train/
dist_url: env://
drop_path_rate: 0.1
epochs: 50
freeze_last_layer: 1
global_crops_scale: (0.25, 1.0)
gpu: 0
local_crops_number: 10
local_crops_scale: [0.05, 0.25]
local_rank: 0
lr: 0.0005
min_lr: 1e-05
momentum_teacher: 0.996
norm_last_layer: False
num_workers: 10
optimizer: adamw
out_dim: 65536
output_dir: out/
patch_size: 8
rank: 0
saveckp_freq: 2
seed: 0
teacher_temp: 0.07
use_bn_in_head: False
use_fp16: True
warmup_epochs: 10
warmup_teacher_temp: 0.04
warmup_teacher_temp_epochs: 30
weight_decay: 0.04
weight_decay_end: 0.4
world_size: 2
`;

describe("the original's arguments in a config file", () => {
  test('each is accepted; together they are its defaults, which are the settings’ own', () => {
    const { settings } = resolveSettings({ configFile: config(MAIN_DINO) });
    expect(settings).toEqual({ ...SETTINGS.complete({}), num_workers: 10 });
    for (const [key, value] of Object.entries(MAIN_DINO))
      expect(() => resolveSettings({ configFile: config({ [key]: value }) }), key).not.toThrow();
  });

  test('what is no setting is named, with the reason', () => {
    expect(resolveSettings({ configFile: config(MAIN_DINO) }).notes).toEqual([
      'arch vit_small is embed_dim 384, depth 12, num_heads 6.',
      'batch_size is 64: 64 on 1 GPU (gpus; if the original had more, set world_size to their number).',
      'use_fp16 true: computed in float32, which is more exact; with the engine tensorflow it would be bfloat16, which is faster on GPUs.',
      'data_path /path/to/imagenet/train/ is not read: a run is started with its images.',
      'output_dir . is not used: a run is started with its folder.',
      "Not used, since they are about the original's processes: dist_url, local_rank.",
    ]);
    expect(resolveSettings({ configFile: config({ epochs: 20 }) }).notes).toEqual([]);
  });

  test('an editor knows them', () => {
    const { properties } = JSON.parse(configSchemaText()) as { properties: Record<string, Record<string, unknown>> };
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(Object.keys(MAIN_DINO)));
    expect(properties['arch']?.['enum']).toEqual(expect.arrayContaining(['vit', 'vit_tiny', 'vit_giant2', 'resnet50']));
    expect(properties['batch_size_per_gpu']).toMatchObject({ type: 'integer', minimum: 1 });
  });
});

describe('arch', () => {
  test.each([
    ['vit_tiny', 192, 12, 3],
    ['vit_small', 384, 12, 6],
    ['vit_base', 768, 12, 12],
    ['vit_large', 1024, 24, 16],
    ['vit_giant2', 1536, 40, 24],
    ['deit_tiny', 192, 12, 3],
    ['deit_small', 384, 12, 6],
  ])('%s', (arch, embed_dim, depth, num_heads) => {
    for (const patch_size of [16, 14, 8, 5, 4]) {
      const { settings, origin, notes } = resolveSettings({ set: [`arch=${arch}`, `patch_size=${patch_size}`] });
      expect(settings).toMatchObject({ arch: 'vit', embed_dim, depth, num_heads, patch_size, image_size: 224 });
      expect(origin).toMatchObject({ embed_dim: 'set', depth: 'set', num_heads: 'set' });
      expect(notes[0]).toContain(`arch ${arch} is embed_dim ${embed_dim}, depth ${depth}, num_heads ${num_heads}`);
    }
  });

  test('the pixels that no patch covers are told, and the MLP of vit_giant2', () => {
    expect(resolveSettings({ set: ['arch=vit_small', 'patch_size=5'] }).notes.slice(1)).toEqual([
      "image_size 224 is no multiple of patch_size 5: as in the original, the last 4 pixels of a crop's rows and columns are not seen.",
      "local_size 96 is no multiple of patch_size 5: as in the original, the last 1 pixels of a crop's rows and columns are not seen.",
    ]);
    expect(resolveSettings({ set: ['arch=vit_giant2'] }).notes[0]).toContain('not the SwiGLU');
  });

  test('wins over the preset; a size that is nearer to the run wins over it', () => {
    expect(resolveSettings({ preset: 'few-images', set: ['arch=vit_base'] }).settings).toMatchObject({
      embed_dim: 768,
      depth: 12,
      patch_size: 4,
    });
    const { settings, notes } = resolveSettings({ configFile: config({ arch: 'vit_base' }), set: ['depth=2'] });
    expect(settings).toMatchObject({ embed_dim: 768, depth: 2 });
    expect(notes).toEqual([]);
  });

  test('a size beside it that is another one is refused', () => {
    const path = config({ arch: 'vit_base', embed_dim: 192, depth: 12 });
    expect(problemsOf({ configFile: path })).toEqual([
      `arch "vit_base" in ${path} stands for embed_dim 768, but embed_dim is 192: leave one out.`,
    ]);
  });

  test.each([
    [
      'arch=xcit_small_12_p16',
      'arch is "xcit_small_12_p16", but must be vit, or one of vit_tiny, vit_small, vit_base, vit_large, vit_giant2, deit_tiny, ' +
        'deit_small, deit_base, dinov2_vits14, dinov2_vits14_reg, dinov2_vitb14, dinov2_vitb14_reg, dinov2_vitl14, dinov2_vitl14_reg, ' +
        'dinov2_vitg14, dinov2_vitg14_reg, resnet18, resnet34, resnet50, resnet101, resnet152.',
    ],
  ])('what cannot be trained is refused by name: %s', (pair, problem) => {
    expect(problemsOf({ set: [pair] })).toEqual([problem]);
  });
});

describe('batch_size_per_gpu', () => {
  const batch = (...set: string[]) => resolveSettings({ set }).settings.batch_size;

  test('counts for every GPU that the original had, or that this machine is to use', () => {
    expect(batch('batch_size_per_gpu=32')).toBe(32);
    expect(batch('batch_size_per_gpu=32', 'gpus=4')).toBe(128);
    expect(batch('batch_size_per_gpu=32', 'world_size=16', 'gpus=4')).toBe(512);
    expect(batch('batch_size_per_gpu=32', 'nproc_per_node=8', 'nnodes=2')).toBe(512);
    expect(batch('batch_size_per_gpu=32', 'ngpus=8')).toBe(256);
    const { settings, notes } = resolveSettings({
      configFile: config({ batch_size_per_gpu: 16 }),
      set: ['world_size=64'],
    });
    expect(settings.batch_size).toBe(1024);
    expect(notes).toEqual(['batch_size is 1024: 16 on 64 GPUs (world_size).']);
  });

  test('a batch that is nearer to the run wins; one beside it is refused', () => {
    const path = config({ batch_size_per_gpu: 16, world_size: 2 });
    expect(resolveSettings({ configFile: path, set: ['batch_size=8'] })).toMatchObject({
      settings: { batch_size: 8 },
      notes: [],
    });
    expect(problemsOf({ set: ['batch_size_per_gpu=16', 'batch_size=8'] })).toEqual([
      'batch_size_per_gpu 16 stands for batch_size 16, but batch_size is 8: leave one out.',
    ]);
    expect(batch('batch_size_per_gpu=16', 'batch_size=16')).toBe(16);
  });

  test('a count of GPUs alone, and a batch that is none, are refused', () => {
    expect(problemsOf({ set: ['world_size=8'] })).toEqual(['world_size is 8, but needs batch_size_per_gpu beside it.']);
    expect(problemsOf({ set: ['arch=vit_tiny', 'batch_size_per_gpu=0', 'epochs=0'] })).toEqual([
      'batch_size_per_gpu is 0, but must be a whole number from 1 to 65536.',
      'epochs is 0, but must be a whole number from 1 to 1000000.',
    ]);
  });

  test('a preset is fitted to it', () => {
    const { settings } = resolveSettings({ preset: 'small-data', images: 1000, set: ['batch_size_per_gpu=32'] });
    // 31 steps an epoch, as with batch_size 32.
    expect(settings).toMatchObject({ batch_size: 32, epochs: 97 });
  });
});

describe('use_fp16', () => {
  const precision = (...set: string[]) => resolveSettings({ set }).settings.precision;

  test('is bfloat16 with the engine that has it, and float32 elsewhere', () => {
    expect(precision('use_fp16=true')).toBe('float32');
    expect(precision('use_fp16=true', 'engine=onnx')).toBe('float32');
    expect(precision('use_fp16=true', 'engine=tensorflow')).toBe('bfloat16');
    expect(precision('use_fp16=false', 'engine=tensorflow')).toBe('float32');
    expect(precision('use_fp16=true', 'engine=tensorflow', 'precision=tf32')).toBe('tf32');
    expect(problemsOf({ set: ['use_fp16=half'] })).toEqual(['use_fp16 is "half", but must be true or false.']);
  });

  test('a resumed run keeps what it came to, whatever it goes on with', () => {
    const path = config({ use_fp16: true, batch_size_per_gpu: 8 });
    const run = resolveSettings({ configFile: path }).settings;
    const resumed = resolveSettings({ configFile: path, run, set: ['engine=tensorflow', 'gpus=2'] }).settings;
    expect(resumed).toEqual({ ...run, engine: 'tensorflow', gpus: 2 });
    expect(SETTINGS.keptKeysThatDiffer(run, resumed)).toEqual([]);
  });
});

const AS_PRINTED = {
  embed_dim: 384,
  patch_size: 8,
  batch_size: 64,
  clip_grad: 0.3,
  epochs: 50,
  global_crops_scale: [0.25, 1],
  local_crops_scale: [0.05, 0.25],
  min_lr: 1e-5,
  norm_last_layer: false,
  teacher_temp: 0.07,
};

describe('a run of the original as text', () => {
  test('the lines that it prints', () => {
    const { settings, origin, notes } = resolveSettings({ configFile: file('args.txt', PRINTED), images: 5000 });
    expect(settings).toMatchObject({ ...AS_PRINTED, warmup_epochs: 10, out_dim: 65_536 });
    expect(origin).toMatchObject({ out_dim: 'file', num_workers: 'derived', in_chans: 'default' });
    expect(notes).toContain('batch_size is 64: 32 on 2 GPUs (world_size).');
  });

  test('an argparse Namespace', () => {
    const lines = PRINTED.slice(PRINTED.indexOf('arch:')).trim().split('\n');
    const inside = lines.map((line) =>
      line.replace(/: (.*)$/, (_, value) => `=${/^[a-z/]/.test(value) ? `'${value}'` : value}`),
    );
    expect(resolveSettings({ configFile: file('args.txt', `Namespace(${inside.join(', ')})`) }).settings).toEqual(
      resolveSettings({ configFile: file('args.txt', PRINTED) }).settings,
    );
  });

  test.each([
    [
      'python -m torch.distributed.launch --nproc_per_node=8 main_dino.py --arch deit_small --data_path /imagenet/train --output_dir /out',
      { embed_dim: 384, batch_size: 512, out_dim: 65_536, warmup_epochs: 10, use_bn_in_head: false },
    ],
    [
      'torchrun --nnodes 2 --nproc-per-node 4 --master_port 29501 dino/main_dino.py --batch_size_per_gpu 16',
      { embed_dim: 384, batch_size: 128 },
    ],
    [
      "python run_with_submitit.py --nodes 4 --arch vit_base \\\n  --data_path '/a folder/train' --norm_last_layer false",
      { embed_dim: 768, batch_size: 64 * 32, norm_last_layer: false },
    ],
    [
      '--arch vit_tiny --epochs 300 --global_crops_scale 0.14 1 --norm_last_layer=off --use_fp16 0 --seed -0',
      { embed_dim: 192, epochs: 300, global_crops_scale: [0.14, 1], norm_last_layer: false, batch_size: 64 },
    ],
  ])('the command %s', (command, expected) => {
    expect(resolveSettings({ configFile: file('command.txt', command), images: 900 }).settings).toMatchObject(expected);
  });

  test('single settings win over it', () => {
    const request = { configFile: file('args.txt', PRINTED), set: ['epochs=40', 'batch_size=4', 'num_workers=3'] };
    expect(resolveSettings(request).settings).toMatchObject({
      ...AS_PRINTED,
      epochs: 40,
      batch_size: 4,
      num_workers: 3,
    });
  });

  test('what is no argument of the original is refused with its line, or by name', () => {
    const odd = file('args.txt', 'epochs: 3\nseventeen\n');
    expect(() => resolveSettings({ configFile: odd })).toThrow(
      `The config file ${odd} is no list of arguments: line 2, "seventeen", is not of the form key: value.`,
    );
    const fork = file('args.txt', 'epochs: 30\ncsv_path: ./data.csv\n');
    expect(problemsOf({ configFile: fork })[0]).toMatch(/^csv_path in .*args\.txt is not a known setting/);
  });
});

describe('a checkpoint of the original', () => {
  const saved = (args: Parameters<typeof namespace>[0]): string => {
    const path = join(temporaryFolder(), 'checkpoint.pth');
    writeZip(path, dict({ args: namespace(args), epoch: integer(3) }));
    return path;
  };

  test('is read for its arguments alone', async () => {
    const path = saved({
      arch: text('vit_tiny'),
      global_crops_scale: tuple(float(0.25), float(1)),
      local_crops_scale: list(float(0.05), float(0.25)),
      norm_last_layer: truth(false),
      batch_size_per_gpu: integer(8),
      world_size: integer(4),
      comment: none,
    });
    const { settings } = resolveSettings({ configFile: await readConfig(path), images: 900 });
    expect(settings).toMatchObject({
      embed_dim: 192,
      global_crops_scale: [0.25, 1],
      local_crops_scale: [0.05, 0.25],
      norm_last_layer: false,
      batch_size: 32,
      out_dim: 65_536,
    });
  });

  test('without arguments is refused', async () => {
    const path = join(temporaryFolder(), 'backbone.pth');
    writeZip(path, dict({ cls_token: integer(1) }));
    await expect(readConfig(path)).rejects.toThrow(`${path} keeps no arguments of a training (args).`);
  });

  test('any other config file is read as ever, and named when it is not there', async () => {
    expect((await readConfig(config({ epochs: 3 }))).values).toEqual({ epochs: 3 });
    const commented = file('dino.json', '// as main_dino.py has it\n{ "epochs": 4 }');
    expect((await readConfig(commented)).values).toEqual({ epochs: 4 });
    await expect(readConfig('/nowhere/dino.json')).rejects.toThrow(
      'The config file /nowhere/dino.json cannot be read: it does not exist.',
    );
  });
});
