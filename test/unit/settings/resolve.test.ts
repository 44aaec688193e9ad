import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { vitOfDino, vitOfDinov2 } from '../../../src/method/backbones/vit/lineages.js';
import { presetsFor } from '../../../src/settings/presetChoice.js';
import { outDimFor } from '../../../src/settings/presets.js';
import { SettingsError } from '../../../src/settings/problems.js';
import { resolveSettings, type SettingsRequest } from '../../../src/settings/resolve.js';
import { parseSettings } from '../../../src/settings/settings.js';
import { augmentationSpec, networkSpec } from '../../../src/settings/specs.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

function problemsOf(request: SettingsRequest): readonly string[] {
  try {
    resolveSettings(request);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  throw new Error('the settings were accepted');
}

function configFile(text: string): string {
  const path = join(temporaryFolder(), 'dino.json');
  writeFileSync(path, text);
  return path;
}

describe('where values come from', () => {
  test('the defaults are those of the original', () => {
    const { settings, origin, preset } = resolveSettings();
    expect(settings).toMatchObject({
      out_dim: 65536,
      momentum_teacher: 0.996,
      lr: 5e-4,
      warmup_epochs: 10,
      clip_grad: 3,
    });
    expect(settings.num_workers).toBeGreaterThanOrEqual(1);
    expect(origin).toMatchObject({ lr: 'default', warmup_epochs: 'derived', num_workers: 'derived' });
    expect(preset).toBeUndefined();
  });

  test('a preset wins over the defaults, the file over the preset, single settings over all', () => {
    const { settings, origin } = resolveSettings({
      preset: 'small-data',
      configFile: configFile('{ "epochs": 7, "lr": 0.001, "depth": 5 }'),
      set: ['lr=2e-4'],
    });
    expect(settings).toMatchObject({ embed_dim: 192, epochs: 7, depth: 5, lr: 2e-4, clip_grad: 3 });
    expect(origin).toMatchObject({
      embed_dim: 'preset',
      epochs: 'file',
      depth: 'file',
      lr: 'set',
      clip_grad: 'default',
    });
  });

  test('the file may name the preset, and the request wins over it', () => {
    const path = configFile('{ "$schema": "x", "preset": "base" }');
    expect(resolveSettings({ configFile: path }).settings.embed_dim).toBe(768);
    expect(resolveSettings({ configFile: path, preset: 'tiny' }).settings.embed_dim).toBe(192);
  });

  test('K follows the number of images, unless somebody gave it', () => {
    const ask = (request: SettingsRequest) => resolveSettings({ preset: 'tiny', ...request });
    expect(ask({ images: 30_000 }).settings.out_dim).toBe(2048);
    expect(ask({ images: 30_000 }).origin.out_dim).toBe('derived');
    expect(ask({ images: 30_000, set: { out_dim: 512 } }).settings.out_dim).toBe(512);
    expect(ask({ images: 2_000_000 }).settings.out_dim).toBe(65536);
    expect([20_000, 20_001, 100_000, 200_000, 500_000, 500_001].map(outDimFor)).toEqual([
      1024, 2048, 4096, 16384, 32768, 65536,
    ]);
  });

  test('without preset and file the data set chooses', () => {
    expect(resolveSettings({ images: 900, medianSize: { width: 28, height: 28 } }).preset).toBe('dinov2-few-images');
    expect(resolveSettings({ images: 900, configFile: configFile('{}') }).preset).toBeUndefined();
    expect(presetsFor(10_001, { width: 640, height: 480 })).toEqual(['tiny']);
    expect(presetsFor(10_001, { width: 96, height: 480 })).toEqual(['small-data']);
    expect(presetsFor(1_281_167, { width: 500, height: 375 })).toEqual(['small']);
  });

  test('crops follow the size of the images, unless somebody chose them', () => {
    const crops = (side: number, set: Readonly<Record<string, unknown>> = {}) => {
      const { settings } = resolveSettings({ images: 900, medianSize: { width: side + 9, height: side }, set });
      return [settings.image_size, settings.global_crops_scale, settings.local_crops_scale];
    };
    expect(crops(28)).toEqual([24, [0.5, 1], [0.2, 0.5]]);
    expect(crops(32)).toEqual(crops(28));
    expect(crops(33)).toEqual([24, [0.4, 1], [0.15, 0.5]]);
    expect(crops(96)).toEqual(crops(33));
    expect(crops(97)).toEqual([48, [0.4, 1], [0.15, 0.5]]);
    expect(crops(28, { local_crops_scale: [0.1, 0.3] })).toEqual([24, [0.5, 1], [0.1, 0.3]]);
  });

  test('few images are learned by DINOv2, unless what was set is of DINO or only goes with it', () => {
    const chosen = (request: SettingsRequest) => {
      const { preset, settings, notes } = resolveSettings({ images: 900, ...request });
      return [preset, settings.method, ...notes];
    };
    expect(chosen({})).toEqual(['dinov2-few-images', 'dinov2']);
    expect(chosen({ set: ['epochs=5', 'lr=0.01', 'embed_dim=96'] })).toEqual(['dinov2-few-images', 'dinov2']);
    expect(chosen({ set: ['method=dino'] })).toEqual(['few-images', 'dino']);
    expect(chosen({ set: ['use_bn_in_head=true'] })).toEqual([
      'few-images',
      'dino',
      'The preset is few-images, not dinov2-few-images: use_bn_in_head is true, but must be false for the method dinov2.',
    ]);
    expect(chosen({ set: ['batch_size=1'] })[0]).toBe('few-images');
    expect(chosen({ set: ['arch=resnet50'] })[0]).toBe('few-images');
    // An argument of the original's main_dino.py.
    expect(chosen({ set: ['batch_size_per_gpu=8'] })).toEqual([
      ...['few-images', 'dino', expect.stringContaining('batch_size is 8')],
      "The preset is few-images, not dinov2-few-images: batch_size_per_gpu is an argument of DINO's original, which trains by DINO, unless method says otherwise.",
    ]);
    const init = { path: 'weights', values: { embed_dim: 192, num_heads: 3 } };
    expect(chosen({ init })).toEqual([
      ...['few-images', 'dino'],
      'The preset is few-images, not dinov2-few-images: a run that starts from weights trains by DINO, unless method says otherwise.',
    ]);
    expect(chosen({ init, set: ['method=dino'] })).toEqual(['few-images', 'dino']);
    expect(chosen({ init, set: ['koleo_loss_weight=0.2'] })[1]).toBe('dinov2');
    expect(problemsOf({ images: 900, set: ['koleo_loss_weight=0.2', 'batch_size=1'] })).toHaveLength(1);
    expect(problemsOf({ preset: 'dinov2-few-images', set: ['method=dino'] })).toEqual([
      'method is "dino", but the preset dinov2-few-images is of dinov2: leave one of them out.',
    ]);
    expect(resolveSettings({ preset: 'small', set: ['method=dinov2'] }).settings.method).toBe('dinov2');
    expect(problemsOf({ set: ['preset=small'] })).toEqual([
      'preset is no setting: choose it by --preset, or in a config file.',
    ]);
    // What fits neither is told once, of the last.
    expect(problemsOf({ images: 900, set: ['epochs=many'] })).toHaveLength(1);
  });

  test('what is counted in epochs follows the number of images, unless somebody gave it', () => {
    const ask = (request: SettingsRequest) => resolveSettings({ preset: 'small-data', ...request });
    const ofFew = ask({ images: 1000 });
    // 62 steps an epoch: 3,000 steps, 500 of them the warm-up, the prototypes fixed for 30.
    expect(ofFew.settings).toMatchObject({ epochs: 49, warmup_epochs: 9, freeze_last_layer: 1, saveckp_freq: 5 });
    expect(ofFew.origin).toMatchObject({ epochs: 'derived', warmup_epochs: 'derived', lr: 'preset' });
    expect(ask({ images: 10_000 }).settings).toMatchObject({ epochs: 20, warmup_epochs: 1 });
    expect(ask({}).settings).toMatchObject({ epochs: 20, warmup_epochs: 1 });
    const chosen = ask({
      images: 1000,
      set: ['epochs=90', 'batch_size=32'],
      configFile: configFile('{ "saveckp_freq": 4 }'),
    });
    // 31 steps an epoch.
    expect(chosen.settings).toMatchObject({ epochs: 90, batch_size: 32, warmup_epochs: 17, saveckp_freq: 4 });
    expect(chosen.origin).toMatchObject({ epochs: 'set', saveckp_freq: 'file', warmup_epochs: 'derived' });
    expect(problemsOf({ preset: 'small-data', images: 1000, set: ['epochs=many'] })).toEqual([
      'epochs is "many", but must be a whole number from 1 to 1000000.',
    ]);
  });

  test('a batch is no larger than the data set, unless somebody gave it', () => {
    const ask = (set: string[]) => resolveSettings({ preset: 'tiny', images: 40, set });
    expect(ask([]).settings.batch_size).toBe(40);
    expect(ask([]).origin.batch_size).toBe('derived');
    expect(ask(['batch_size=48']).settings.batch_size).toBe(48);
    expect(resolveSettings({ preset: 'tiny', images: 400 }).origin.batch_size).toBe('default');
  });

  test('the crops of few large images keep their detail, at the same number of patches', () => {
    const ofSize = (side: number) =>
      resolveSettings({ preset: 'few-images', images: 300, medianSize: { width: side, height: 2 * side } }).settings;
    expect(ofSize(96)).toMatchObject({ image_size: 24, patch_size: 4, local_size: 12 });
    expect(ofSize(97)).toMatchObject({ image_size: 48, patch_size: 8, local_size: 24 });
  });

  test('crops have as many patches where weights that a training starts from have others', () => {
    const ofInit = (patch_size: number, side: number, preset: 'few-images' | 'tiny' = 'few-images') =>
      resolveSettings({
        preset,
        images: 300,
        medianSize: { width: side, height: side },
        init: { path: 'weights', values: { patch_size } },
      }).settings;
    expect(ofInit(14, 28)).toMatchObject({ image_size: 84, patch_size: 14, local_size: 42 });
    expect(ofInit(14, 500)).toMatchObject({ image_size: 84, patch_size: 14, local_size: 42 });
    expect(ofInit(4, 500)).toMatchObject({ image_size: 24, patch_size: 4, local_size: 12 });
    // The original's sizes, where whole patches fill them.
    expect(ofInit(14, 500, 'tiny')).toMatchObject({ image_size: 224, patch_size: 14, local_size: 98 });
    expect(ofInit(8, 500, 'tiny')).toMatchObject({ image_size: 224, patch_size: 8, local_size: 96 });
  });

  test('a run that is gone on with takes the place of defaults and preset', () => {
    const first = resolveSettings({ preset: 'small-data', images: 900 });
    const again = resolveSettings({ run: first.settings, set: ['epochs=30'], images: 40_000 });
    expect(again.settings).toEqual({ ...first.settings, epochs: 30 });
    expect(again.origin).toMatchObject({ out_dim: 'run', epochs: 'set' });
  });

  test('the warm-up is a tenth of the epochs, at most 10', () => {
    const warmup = (epochs: number) => resolveSettings({ set: { epochs } }).settings.warmup_epochs;
    expect([1, 5, 11, 100, 300].map(warmup)).toEqual([1, 1, 2, 10, 10]);
  });
});

describe('key=value', () => {
  test('numbers, booleans, lists with and without brackets, text', () => {
    const { settings } = resolveSettings({
      set: [
        'norm_last_layer=False',
        'global_crops_scale=[.14,1]',
        'local_crops_scale=.05, .14',
        'engine=eager',
        'lr=1e-3',
      ],
    });
    expect(settings).toMatchObject({ norm_last_layer: false, engine: 'eager', lr: 1e-3 });
    expect(settings.global_crops_scale).toEqual([0.14, 1]);
    expect(settings.local_crops_scale).toEqual([0.05, 0.14]);
  });

  test('what is not a pair is said', () => {
    expect(problemsOf({ set: ['epochs'] })).toEqual(['"epochs" is not of the form key=value, such as epochs=20.']);
  });
});

describe('what cannot be', () => {
  test.each([
    ['epochs=0', 'epochs is 0, but must be a whole number from 1 to 1000000.'],
    ['epochs=1.5', 'epochs is 1.5, but must be a whole number from 1 to 1000000.'],
    ['epochs=', 'epochs is "", but must be a whole number from 1 to 1000000.'],
    ['momentum_teacher=1.2', 'momentum_teacher is 1.2, but must be a number from 0 to 1.'],
    ['teacher_temp=0', 'teacher_temp is 0, but must be a number above 0, at most 10.'],
    ['drop_path_rate=1', 'drop_path_rate is 1, but must be a number from 0 to below 1.'],
    ['norm_last_layer=1', 'norm_last_layer is 1, but must be true or false.'],
    ['precision=float16', 'precision is "float16", but must be one of float32, tf32, bfloat16.'],
    ['engine=cuda', 'engine is "cuda", but must be one of auto, onnx, tensorflow, eager.'],
    ['optimizer=adam', 'optimizer is "adam", but must be one of adamw, sgd, lars.'],
    [
      'local_crops_scale=.4,.05',
      'local_crops_scale is [0.4,0.05], but must be two numbers above 0 and at most 1, the smaller first, such as [0.4, 1].',
    ],
    [
      'local_crops_scale=.4',
      'local_crops_scale is 0.4, but must be two numbers above 0 and at most 1, the smaller first, such as [0.4, 1].',
    ],
    ['batchsize=3', 'batchsize is not a known setting; the nearest is batch_size.'],
    ['batch_size_of_gpu=3', 'batch_size_of_gpu is not a known setting; the nearest is batch_size.'],
    ['constructor=3', 'constructor is not a known setting.'],
    ['foo=1', 'foo is not a known setting.'],
    ['num_heads=5', 'embed_dim is 384, but must be a multiple of num_heads, which is 5.'],
    ['image_size=100', 'image_size is 100, but must be a multiple of patch_size, which is 16.'],
    ['local_size=100', 'local_size is 100, but must be a multiple of patch_size, which is 16.'],
    ['warmup_epochs=101', 'warmup_epochs is 101, but must be at most epochs, which is 100.'],
    ['warmup_teacher_temp_epochs=101', 'warmup_teacher_temp_epochs is 101, but must be at most epochs, which is 100.'],
  ])('%s', (pair, problem) => {
    expect(problemsOf({ set: [pair] })).toEqual([problem]);
  });

  test('every problem has its line, and the file is named', () => {
    const path = configFile('{ "epochs": -1, "batch": 1, "engine": 3 }');
    expect(problemsOf({ configFile: path })).toEqual([
      `batch in ${path} is not a known setting; the nearest is batch_size.`,
      `epochs is -1 in ${path}, but must be a whole number from 1 to 1000000.`,
      `engine is 3 in ${path}, but must be one of auto, onnx, tensorflow, eager.`,
    ]);
  });

  test('an unknown preset', () => {
    expect(problemsOf({ preset: 'huge' })).toEqual([
      'preset is "huge", but must be one of tiny, small, base, resnet50, small-data, few-images, dinov2, dinov2-few-images.',
    ]);
  });

  test('a batch that cannot be parted evenly', () => {
    expect(problemsOf({ set: ['batch_size=10', 'gradient_accumulation_steps=4'] })).toEqual([
      'batch_size is 10, but must be a multiple of gradient_accumulation_steps, which is 4.',
    ]);
  });

  test('bfloat16 where the engine cannot multiply in it', () => {
    expect(problemsOf({ set: ['precision=bfloat16', 'engine=onnx'] })).toEqual([
      'precision is "bfloat16", but must be "float32" for the engine onnx.',
    ]);
    for (const engine of ['auto', 'tensorflow']) {
      expect(resolveSettings({ set: ['precision=bfloat16', `engine=${engine}`] }).settings.precision).toBe('bfloat16');
    }
  });

  test('the size of local crops does not matter when there are none', () => {
    expect(resolveSettings({ set: ['local_crops_number=0', 'local_size=100'] }).settings.local_size).toBe(100);
  });
});

describe('the config file', () => {
  test('may have comments and trailing commas', () => {
    expect(
      resolveSettings({ configFile: configFile('{\n  // short\n  "epochs": 3, /* 0 to 1 */\n}') }).settings.epochs,
    ).toBe(3);
  });

  test('a mistake in it is named by line and column', () => {
    const path = configFile('{\n  "epochs": 3\n  "lr": 1\n}');
    expect(() => resolveSettings({ configFile: path })).toThrow(
      `The config file ${path} is not valid JSON: line 3, column 3: Comma expected.`,
    );
  });

  test.each(['[]', '3', ''])('%j is no object', (text) => {
    expect(() => resolveSettings({ configFile: configFile(text) })).toThrow(
      /must hold one JSON object|is not valid JSON/,
    );
  });

  test('a file that is not there', () => {
    expect(() => resolveSettings({ configFile: '/nowhere/dino.json' })).toThrow(
      'The config file /nowhere/dino.json cannot be read: it does not exist.',
    );
  });
});

test('recorded settings come back as they were, and a damaged record is named', () => {
  const { settings } = resolveSettings({ preset: 'small-data' });
  expect(parseSettings(JSON.parse(JSON.stringify(settings)), '')).toEqual(settings);
  expect(() => parseSettings({ ...settings, epochs: 'many' }, ' in run.json')).toThrow(
    'epochs is "many" in run.json, but must',
  );
  expect(() => parseSettings({ ...settings, num_heads: 5 }, ' in run.json')).toThrow('which is 5 in run.json.');
  const { arch: _arch, use_bn_in_head: _head, ...ofEarlierVersion } = settings;
  expect(parseSettings(ofEarlierVersion, '')).toEqual(settings);
  expect(() => parseSettings(null, ' in run.json')).toThrow('The settings in run.json must be an object');
});

describe('a network of DINOv2’s by its name', () => {
  test('is what the released one is', () => {
    const { settings, notes } = resolveSettings({ set: ['arch=dinov2_vitg14_reg'] });
    const sizes = { patchSize: 14, inChans: 3, imageSize: 224, embedDim: 1536, depth: 40, numHeads: 24 };
    const released = vitOfDinov2(sizes, { registers: 4, swiglu: true });
    // No training of DINO's uses the mask token.
    expect(networkSpec(settings).backbone).toEqual({ kind: 'vit', ...released, maskToken: false });
    expect(notes.join()).toContain('arch dinov2_vitg14_reg is embed_dim 1536, depth 40, num_heads 24, patch_size 14,');
  });

  test('without registers resamples positions as DINO does', () => {
    const { settings } = resolveSettings({ set: ['arch=dinov2_vits14'] });
    const sizes = { patchSize: 14, inChans: 3, imageSize: 224, embedDim: 384, depth: 12, numHeads: 6 };
    expect(networkSpec(settings).backbone).toEqual({ kind: 'vit', ...vitOfDinov2(sizes), maskToken: false });
  });

  test('refuses what it is not, and its parts can be set by themselves', () => {
    expect(problemsOf({ set: ['arch=dinov2_vits14', 'patch_size=16'] })).toEqual([
      'arch "dinov2_vits14" stands for patch_size 14, but patch_size is 16: leave one out.',
    ]);
    expect(problemsOf({ set: ['ffn_layer=identity'] })[0]).toContain('must be one of mlp, swiglu, swiglufused');
    const { settings } = resolveSettings({
      set: ['num_register_tokens=2', 'layerscale=0.1', 'ffn_layer=swiglu', 'interpolate_antialias=true'],
    });
    expect(networkSpec(settings).backbone).toMatchObject({
      registers: 2,
      layerScale: true,
      mlp: { kind: 'swiglu', hiddenDim: 1024 },
      positions: { antialias: true, offset: 0.1 },
      start: { tokens: 1e-6, layerScale: 0.1 },
    });
  });
});

test('the networks and the augmentation get the settings’ numbers', () => {
  const { settings } = resolveSettings({ preset: 'small-data' });
  expect(networkSpec(settings)).toEqual({
    backbone: {
      kind: 'vit',
      ...vitOfDino({ patchSize: 4, inChans: 3, imageSize: 32, embedDim: 192, depth: 6, numHeads: 3 }),
    },
    head: { inDim: 192, hiddenDim: 512, bottleneckDim: 128, outDim: 1024, normLastLayer: true, batchNorm: false },
  });
  expect(augmentationSpec(settings)).toEqual({
    crops: 'multi-crop',
    globalCropsScale: [0.4, 1],
    localCropsScale: [0.05, 0.4],
    blurRadius: [0.1, 2],
    jitterStrength: 1,
    solarizeProbability: 0.2,
    localCropsNumber: 4,
    imageSize: 32,
    localSize: 16,
    channels: 3,
  });
});
