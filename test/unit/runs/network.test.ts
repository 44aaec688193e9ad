import { createHash } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { vitOfDino } from '../../../src/method/backbones/vit/lineages.js';
import { vitParameters } from '../../../src/method/backbones/vit/parameters.js';
import { headParameters } from '../../../src/method/heads/dinoHead.js';
import { initializeNetwork } from '../../../src/method/initialParameters.js';
import type { NetworkSpec } from '../../../src/method/network.js';
import { networkOf } from '../../../src/method/network.js';
import type { NamedHostTensors } from '../../../src/program/program.js';
import { saveCheckpoint } from '../../../src/runs/checkpoint.js';
import { loadNetwork } from '../../../src/runs/network.js';
import { createRun, openRun } from '../../../src/runs/run.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import type { Settings } from '../../../src/settings/settings.js';
import { networkSpec } from '../../../src/settings/specs.js';
import { requireArchitecture } from '../../../src/weights/architecture.js';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.js';
import { vitOf } from '../method/vitOf.js';
import { torchFile } from '../weights/torchFile.js';
import { call, dict, global, integer, list, namespace, tensor, text, tuple, writeZip } from '../weights/torchFiles.js';
import { temporaryFolder } from './temporaryFolder.js';
import { trainingState } from './trainingState.js';

const TINY_VIT = join(import.meta.dirname, '../../reference/tiny-vit');
const CHECKPOINT = join(TINY_VIT, 'checkpoint.pth');
const TEACHER = readSafetensors(join(TINY_VIT, 'teacher_final.safetensors'));
const BACKBONE = Object.fromEntries(Object.entries(TEACHER).filter(([name]) => name.startsWith('backbone.')));
const NETWORK: NetworkSpec = {
  backbone: {
    kind: 'vit',
    ...vitOfDino({ patchSize: 8, inChans: 3, imageSize: 32, embedDim: 48, depth: 3, numHeads: 3 }),
  },
  head: { inDim: 48, hiddenDim: 64, bottleneckDim: 32, outDim: 96, normLastLayer: true, batchNorm: false },
};

const rename = (tensors: NamedHostTensors, name: (old: string) => string): NamedHostTensors =>
  Object.fromEntries(Object.entries(tensors).map(([old, value]) => [name(old), value]));

/** Names, shapes and bits. (Comparing tensors value by value takes seconds.) */
const contents = (tensors: NamedHostTensors): string[] =>
  Object.entries(tensors)
    .map(([name, { shape, dtype, data }]) => {
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      return `${name} ${dtype} [${shape.join()}] ${createHash('sha256').update(bytes).digest('hex')}`;
    })
    .sort();

describe('the original code’s files', () => {
  test('checkpoint.pth gives exactly the weights of teacher_final.safetensors', async () => {
    const loaded = await loadNetwork(CHECKPOINT, { numHeads: 3 });
    expect(contents(loaded.parameters)).toEqual(contents(TEACHER));
    expect(loaded).toMatchObject({ ...NETWORK, name: 'checkpoint.pth (teacher)' });
    expect(loaded.step).toBeUndefined();
  });

  test('its student, stored with module., is student_final.safetensors', async () => {
    const loaded = await loadNetwork(CHECKPOINT, { network: 'student', numHeads: 3 });
    expect(contents(loaded.parameters)).toEqual(contents(readSafetensors(join(TINY_VIT, 'student_final.safetensors'))));
  });

  const backboneOnly = rename(BACKBONE, (name) => name.slice('backbone.'.length));
  test.each([
    ['a backbone alone, as published', () => torchFile(backboneOnly)],
    ['a backbone alone, in the older format', () => torchFile(backboneOnly, undefined, 'legacy')],
    ['module. before each name', () => torchFile(rename(backboneOnly, (name) => `module.${name}`))],
    ['module.backbone. before each name', () => torchFile(rename(BACKBONE, (name) => `module.${name}`))],
    ['teacher.backbone. before each name', () => torchFile(rename(BACKBONE, (name) => `teacher.${name}`))],
    ['what a compiled and wrapped model has', () => torchFile(rename(BACKBONE, (name) => `module._orig_mod.${name}`))],
    ['a name of its own', () => torchFile(rename(backboneOnly, (name) => `model.encoder.${name}`))],
    ['a teacher inside a model', () => torchFile(rename(BACKBONE, (name) => `model.teacher.${name}`))],
    ['under state_dict', () => torchFile(BACKBONE, (state) => dict({ state_dict: state }))],
  ])('%s', async (_, path) => {
    const loaded = await loadNetwork(path(), { numHeads: 3 });
    expect(contents(loaded.parameters)).toEqual(contents(BACKBONE));
    expect(loaded.backbone).toEqual(NETWORK.backbone);
    expect(loaded.head).toBeUndefined();
  });

  test('of two networks in one dictionary the one asked for', async () => {
    const changed = rename(BACKBONE, (name) => `student.${name}`);
    const zeros = Object.fromEntries(
      Object.entries(changed).map(([name, value]) => [name, { ...value, data: new Float32Array(value.data.length) }]),
    );
    const path = torchFile({ ...rename(BACKBONE, (name) => `teacher.${name}`), ...zeros });
    const sum = async (network: 'teacher' | 'student') =>
      (await loadNetwork(path, { network, numHeads: 3 })).parameters['backbone.norm.weight']?.data.some(
        (value) => value !== 0,
      );
    expect([await sum('teacher'), await sum('student')]).toEqual([true, false]);
  });

  test('the names of newer weight norm, and tensors that belong to neither part', async () => {
    const renamed = rename(TEACHER, (name) =>
      name
        .replace('weight_g', 'parametrizations.weight.original0')
        .replace('weight_v', 'parametrizations.weight.original1'),
    );
    const extra = { 'fc.weight': { shape: [1], dtype: 'float32', data: Float32Array.of(1) } } as const;
    expect(contents((await loadNetwork(torchFile({ ...renamed, ...extra }), { numHeads: 3 })).parameters)).toEqual(
      contents(TEACHER),
    );
  });
});

/** A small tensor for what stands beside or inside a network. */
const extra = (...shape: number[]) => ({
  shape,
  dtype: 'float32' as const,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5),
});

describe('tensors inside the network that DINO does not support', () => {
  test.each([
    ['blocks.1.ls3.gamma', 'LayerScale'],
    ['blocks.0.attn.q_bias', ''],
    ['blocks.0.attn.q_norm.weight', 'norms of queries and keys'],
    ['blocks.0.attn.norm.weight', 'another norm'],
    ['blocks.0.mlp.norm.bias', 'another norm'],
    ['blocks.2.mlp.w12.weight', 'SwiGLU'],
    ['blocks.0.attn.relative_position_bias_table', 'relative positions'],
    ['blocks.0.attn.qkv.lora_A.weight', 'LoRA'],
    ['blocks.0.attn.unheard_of', ''],
    ['register_tokens', 'register tokens'],
    ['reg_token', 'register tokens'],
    ['dist_token', "DeiT's distillation token"],
    ['fc_norm.weight', 'a norm behind the pooling'],
    ['norm_pre.weight', 'a norm before the blocks'],
    ['patch_embed.norm.weight', ''],
    ['rope_embed.periods', 'rotary positions'],
    ['temporal_embedding', ''],
  ])('%s', async (name, part) => {
    const said = part === '' ? name : `${name} (${part})`;
    for (const prefix of ['', 'module.backbone.']) {
      const bare = rename(BACKBONE, (old) => prefix + old.slice('backbone.'.length));
      const path = torchFile({ ...bare, [prefix + name]: extra(48) });
      await expect(loadNetwork(path, { numHeads: 3 })).rejects.toThrow(
        `${path} is of another architecture: it has ${prefix}${said}, which this program does not support`,
      );
    }
  });

  test('what takes the features, and what only training needs, may stay unread', async () => {
    const bare = rename(BACKBONE, (old) => old.slice('backbone.'.length));
    const names =
      'head.weight fc.bias mask_token decoder_blocks.0.norm1.weight decoder_norm.weight projector.0.weight ' +
      'proj_head.bias predictor.weight queue prototypes.weight n_averaged logit_scale';
    const beside = Object.fromEntries(names.split(' ').map((name) => [name, extra(2)]));
    expect(contents((await loadNetwork(torchFile({ ...bare, ...beside }), { numHeads: 3 })).parameters)).toEqual(
      contents(BACKBONE),
    );
    // Beside a backbone of its own name, anything may stand.
    const other = { 'dino_head.mlp.0.weight': extra(2), 'blocks.0.ls1.gamma': extra(2), 'neck.weight': extra(2) };
    expect(contents((await loadNetwork(torchFile({ ...BACKBONE, ...other }), { numHeads: 3 })).parameters)).toEqual(
      contents(BACKBONE),
    );
  });

  test('what is missing', async () => {
    const gamma = await loadNetwork(torchFile({ ...BACKBONE, 'backbone.blocks.1.ls1.gamma': extra(48) }), {
      numHeads: 3,
    }).catch(String);
    expect(gamma).toContain(
      'backbone.blocks.0.ls1.gamma is missing, where the shape [48] is needed; backbone.blocks.0.ls2.gamma is missing',
    );
    for (const name of ['cls_token', 'blocks.0.attn.qkv.bias', 'norm.bias', 'pos_embed']) {
      const { [`backbone.${name}`]: _, ...rest } = BACKBONE;
      await expect(loadNetwork(torchFile(rest), { numHeads: 3 })).rejects.toThrow(`${name} is missing`);
    }
  });

  test('positions without a class token, an MLP of another width, a convolutional stem, other channels', async () => {
    const load = (changed: NamedHostTensors) => loadNetwork(torchFile({ ...BACKBONE, ...changed }), { numHeads: 3 });
    await expect(load({ 'backbone.pos_embed': extra(1, 15, 48) })).rejects.toThrow(
      'its backbone.pos_embed has 15 tokens',
    );
    expect((await load({ 'backbone.pos_embed': extra(1, 16, 48) })).backbone).toMatchObject({
      positions: { antialias: true, offset: 0, ofCls: false },
    });
    await expect(load({ 'backbone.blocks.0.mlp.fc1.weight': extra(96, 48) })).rejects.toThrow('has the shape [96, 48]');
    expect((await load({ 'backbone.patch_embed.proj.weight': extra(48, 4, 8, 8) })).backbone).toMatchObject({
      inChans: 4,
    });
    await expect(load({ 'backbone.patch_embed.proj.weight': extra(48, 3, 8, 4) })).rejects.toThrow('[48, 3, 8, 4]');
    const stem = rename(BACKBONE, (name) => name.replace('proj.weight', 'proj.0.weight'));
    await expect(loadNetwork(torchFile(stem))).rejects.toThrow(
      'holds no Vision Transformer and no ResNet of a library that is known',
    );
  });

  test('an entry that is no tensor', async () => {
    const numbers = call(global('numpy', 'ndarray'), tuple(integer(3)));
    const without = Object.fromEntries(Object.entries(BACKBONE).filter(([name]) => name !== 'backbone.norm.weight'));
    const path = torchFile(without, (state) =>
      Buffer.concat([state, text('backbone.norm.weight'), numbers, Buffer.from('s')]),
    );
    await expect(loadNetwork(path, { numHeads: 3 })).rejects.toThrow(
      `it has backbone.norm.weight, which is no tensor but what numpy.ndarray makes.`,
    );
  });

  test('values that are no numbers', async () => {
    const path = torchFile({
      ...BACKBONE,
      'backbone.norm.bias': { ...extra(48), data: new Float32Array(48).fill(Number.NaN) },
    });
    await expect(loadNetwork(path, { numHeads: 3 })).rejects.toThrow(
      'backbone.norm.bias holds values that are infinite or not numbers',
    );
  });
});

describe('what stands beside the weights is not in the way', () => {
  const beside: Readonly<Record<string, Buffer>> = {
    'a counter': call(global('collections', 'Counter'), dict({ a: integer(1) })),
    'a date': call(global('datetime', 'datetime'), text('x')),
    'a path of Python 3.13': call(global('pathlib._local', 'PosixPath'), text('data')),
    'a set': call(global('__builtin__', 'set'), list(integer(1))),
    'a complex number': call(global('__builtin__', 'complex'), integer(1), integer(2)),
    'random state': call(global('numpy.random._pickle', '__randomstate_ctor'), text('MT19937')),
    'a tensor of complex numbers': tensor({
      key: '0',
      length: 9,
      shape: [9],
      strides: [1],
      type: 'ComplexFloatStorage',
    }),
    'a tensor that is not there': tensor({ key: 'none', length: 9, shape: [9], strides: [1] }),
    'a damaged tensor': call(global('torch._utils', '_rebuild_tensor_v2'), integer(1)),
  };
  test.each(Object.entries(beside))('%s', async (_, value) => {
    const path = torchFile(BACKBONE, (state) =>
      Buffer.concat([dict({ extra: value }), text('model'), state, Buffer.from('s')]),
    );
    const loaded = await loadNetwork(path, { numHeads: 3 });
    expect(contents(loaded.parameters)).toEqual(contents(BACKBONE));
    expect(loaded.notes).toEqual([]);
  });

  test('an object of somebody else’s class is named, and left', async () => {
    const path = torchFile(BACKBONE, (state) => dict({ config: call(global('__main__', 'Config')), model: state }));
    const loaded = await loadNetwork(path, { numHeads: 3 });
    expect(contents(loaded.parameters)).toEqual(contents(BACKBONE));
    expect(loaded.notes).toEqual([
      `${path} also names __main__.Config: what Python would make of that stays unread, and nothing of it was run.`,
    ]);
  });

  test('a whole model, pickled as an object of its class', async () => {
    const bare = rename(BACKBONE, (name) => name.slice('backbone.'.length));
    const path = torchFile(bare, (_, entries) => dict({ epoch: integer(3), model: module(entries) }));
    expect(contents((await loadNetwork(path, { numHeads: 3 })).parameters)).toEqual(contents(BACKBONE));
  });
});

/** As `torch.save(model, path)` writes a model of these tensors. */
function module(entries: Readonly<Record<string, Buffer>>): Buffer {
  const parameters: Record<string, Buffer> = {};
  const children: Record<string, Record<string, Buffer>> = {};
  for (const [name, value] of Object.entries(entries)) {
    const [child = '', ...rest] = name.split('.');
    if (rest.length === 0) parameters[name] = value;
    else children[child] = { ...children[child], [rest.join('.')]: value };
  }
  const modules = Object.entries(children).map(([name, child]) => [name, module(child)] as const);
  const state = dict({
    _parameters: dict(parameters),
    _buffers: dict({}),
    _modules: dict(Object.fromEntries(modules)),
  });
  const made = Buffer.concat([global('models.vit', 'VisionTransformer'), Buffer.from(')\x81', 'latin1')]);
  return Buffer.concat([made, state, Buffer.from('b')]);
}

describe('of several networks', () => {
  const zeros = Object.fromEntries(
    Object.entries(BACKBONE).map(([name, value]) => [name, { ...value, data: new Float32Array(value.data.length) }]),
  );
  /** Two networks under two keys; the second is zeros. */
  const pair = (first: string, second: string) =>
    torchFile({
      ...rename(BACKBONE, (name) => `${first}.${name}`),
      ...rename(zeros, (name) => `${second}.${name}`),
    });

  test.each([
    ['teacher', 'student'],
    ['model_ema', 'model'],
    ['state_dict_ema', 'state_dict'],
    ['module.momentum_encoder', 'module.base_encoder'],
    ['target_network', 'online_network'],
    ['encoder_k', 'encoder_q'],
    ['teacher_backbone', 'student_backbone'],
    ['modelEma', 'model'],
    ['swa_model', 'model'],
    ['model', 'student'],
  ])('%s before %s', async (better, other) => {
    const name = better.replace('module.', '');
    const loaded = await loadNetwork(pair(better, other), { numHeads: 3 });
    expect(loaded.network).toBe(name);
    expect(contents(loaded.parameters)).toEqual(contents(BACKBONE));
    expect(loaded.notes[0]).toContain(`: ${name} is used (--network names another).`);
    // Wherever it stands in the file.
    const turned = await loadNetwork(pair(other, better), { numHeads: 3 });
    expect(turned.network).toBe(name);
    expect(contents(turned.parameters)).toEqual(contents(zeros));
  });

  test('another is named by --network, wholly or by a part of its name; an unknown name lists those there are', async () => {
    const path = torchFile(
      { ...rename(BACKBONE, (name) => `teacher.${name}`), ...rename(zeros, (name) => `student.module.${name}`) },
      (state) => dict({ state_dict: state }),
    );
    for (const network of ['student', 'state_dict.student'])
      expect(contents((await loadNetwork(path, { numHeads: 3, network })).parameters)).toEqual(contents(zeros));
    await expect(loadNetwork(path, { network: 'ema' })).rejects.toThrow(
      `${path} has no network ema: it holds state_dict.teacher, state_dict.student.`,
    );
    await expect(loadNetwork(path, { network: 'state_dict' })).rejects.toThrow('has no network state_dict');
  });

  test('what an optimizer keeps under the same names is none', async () => {
    const path = torchFile({
      ...rename(zeros, (name) => `optimizer.exp_avg.${name}`),
      ...rename(BACKBONE, (name) => `model.${name}`),
    });
    const { parameters, notes } = await loadNetwork(path, { numHeads: 3 });
    expect(contents(parameters)).toEqual(contents(BACKBONE));
    expect(notes).toEqual([]);
  });
});

describe('heads', () => {
  test('are 64 wide unless a run, the file or the caller says otherwise', async () => {
    const ofWidth = (embedDim: number): NamedHostTensors => {
      const backbone = vitOfDino({ ...vitOf(NETWORK.backbone), embedDim, depth: 1 });
      const shapes = Object.entries(vitParameters(backbone)).map(([name, { shape }]) => ({ name, shape }));
      return Object.fromEntries(
        shapes.map(({ name, shape }) => {
          const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
          return [name, { shape, dtype: 'float32' as const, data }];
        }),
      );
    };
    const plain = torchFile(ofWidth(128));
    expect(vitOf((await loadNetwork(plain)).backbone).numHeads).toBe(2);
    expect(vitOf((await loadNetwork(plain, { numHeads: 8 })).backbone).numHeads).toBe(8);
    const args = namespace({ arch: text('deit_small') });
    const withArguments = (tensors: NamedHostTensors) => torchFile(tensors, (state) => dict({ teacher: state, args }));
    const small = await loadNetwork(withArguments(ofWidth(384)));
    expect([vitOf(small.backbone).numHeads, small.notes]).toEqual([6, []]);
    const narrow = withArguments(BACKBONE);
    await expect(loadNetwork(narrow)).rejects.toThrow('its width, 48, is not a multiple of 64: say how many (--heads)');
    await expect(loadNetwork(narrow, { numHeads: 5 })).rejects.toThrow(
      `${narrow} cannot have 5 heads: its width, 48, must be a multiple of them.`,
    );
    await expect(loadNetwork(join(TINY_VIT, 'teacher_final.safetensors'))).rejects.toThrow(
      'does not tell how many attention heads it has, and its width, 48, is not a multiple of 64',
    );
  });
});

describe('runs and their checkpoints', () => {
  test('a run gives its latest checkpoint, with its name, step and heads', async () => {
    const { settings } = resolveSettings({
      set: 'embed_dim=48 depth=3 num_heads=2 patch_size=8 image_size=32 local_size=16'.split(' '),
    });
    const dataset = { path: '/data/flowers', fingerprint: 'f', images: 100 };
    const { dir } = await createRun({ root: temporaryFolder(), name: 'flowers', settings, dataset });
    await expect(loadNetwork(dir)).rejects.toThrow(`${dir} has no checkpoint yet.`);
    const student = readSafetensors(join(TINY_VIT, 'student_final.safetensors'));
    await saveCheckpoint(dir, { ...trainingState(3), networks: { student: TEACHER, teacher: student } });
    const checkpoint = await saveCheckpoint(dir, { ...trainingState(7), networks: { student, teacher: TEACHER } });
    for (const path of [dir, checkpoint, join(checkpoint, 'teacher.safetensors')]) {
      const loaded = await loadNetwork(path);
      expect(contents(loaded.parameters)).toEqual(contents(TEACHER));
      expect(loaded).toMatchObject({ name: 'flowers, step 7 (teacher)', step: 7, backbone: { numHeads: 2 } });
    }
    const loaded = await loadNetwork(join(dir, 'checkpoints', '00000003'), { network: 'student' });
    expect(loaded).toMatchObject({ name: 'flowers, step 3 (student)', step: 3 });
    expect(contents(loaded.parameters)).toEqual(contents(TEACHER));
  });
});

/** A run whose only checkpoint has the initial weights. */
async function untrainedRun(settings: Settings) {
  const dataset = { path: '/data/flowers', fingerprint: 'f', images: 100 };
  const { dir } = await createRun({ root: temporaryFolder(), name: 'flowers', settings, dataset });
  const weights = initializeNetwork(networkSpec(settings), 1);
  const checkpoint = await saveCheckpoint(dir, {
    ...trainingState(1),
    networks: { student: weights, teacher: weights },
  });
  return { dir, checkpoint };
}

test('a run of images that its patches do not fill is evaluated at their size, as it was trained', async () => {
  const { settings } = resolveSettings({
    set: [
      'arch=vit',
      'patch_size=5',
      'image_size=224',
      'embed_dim=4',
      'depth=1',
      'num_heads=2',
      'local_crops_number=0',
    ],
  });
  const { checkpoint } = await untrainedRun(settings);
  expect((await loadNetwork(checkpoint)).backbone).toMatchObject({ imageSize: 224, patchSize: 5 });
  // Without the run only the patches are known.
  const file = join(temporaryFolder(), 'teacher.safetensors');
  copyFileSync(join(checkpoint, 'teacher.safetensors'), file);
  expect((await loadNetwork(file, { numHeads: 2 })).backbone).toMatchObject({ imageSize: 220, patchSize: 5 });
});

test('a run keeps the epsilon of its norms, which no weight shows', async () => {
  const { settings } = resolveSettings({ preset: 'small-data', set: ['layer_norm_eps=1e-12'] });
  const { dir, checkpoint } = await untrainedRun(settings);
  expect((await openRun(dir)).record.config.layer_norm_eps).toBe(1e-12);
  for (const path of [dir, checkpoint, join(checkpoint, 'teacher.safetensors')])
    expect((await loadNetwork(path)).backbone).toMatchObject({ normEps: 1e-12 });
});

describe('what cannot be loaded', () => {
  test('another architecture: the tensors that differ, with both shapes', () => {
    const deeper = { ...NETWORK, backbone: { ...NETWORK.backbone, depth: 4 } };
    expect(() => requireArchitecture(TEACHER, networkOf(deeper).parameters, CHECKPOINT)).toThrow(
      `${CHECKPOINT} is of another architecture: backbone.blocks.3.norm1.weight is missing, where the shape [48] is needed; backbone.blocks.3.norm1.bias is missing, `,
    );
    const smallData = networkSpec(resolveSettings({ preset: 'small-data' }).settings);
    expect(() => requireArchitecture(TEACHER, networkOf(smallData).parameters, CHECKPOINT)).toThrow(
      `${CHECKPOINT} is of another architecture: backbone.cls_token has the shape [1, 1, 48], but [1, 1, 192] is needed; backbone.pos_embed has `,
    );
    const wider = { ...NETWORK, head: { ...NETWORK.head, outDim: 97 } };
    expect(() => requireArchitecture(TEACHER, networkOf(wider).parameters, 'x')).toThrow(
      'x is of another architecture: head.last_layer.weight_g has the shape [96, 1], but [97, 1] is needed; head.last_layer.weight_v has the shape [96, 32], but [97, 32] is needed.',
    );
    expect(Object.keys(headParameters(NETWORK.head))).toHaveLength(8);
  });

  test('a network with a part missing, or another kind of network', async () => {
    const { 'backbone.blocks.1.mlp.fc1.bias': _, ...rest } = BACKBONE;
    const path = torchFile(rest);
    await expect(loadNetwork(path, { numHeads: 3 })).rejects.toThrow(
      `${path} is of another architecture: backbone.blocks.1.mlp.fc1.bias is missing, where the shape [192] is needed.`,
    );
    const resnet = join(temporaryFolder(), 'resnet.safetensors');
    await writeSafetensors(resnet, { 'conv1.weight': { shape: [1], dtype: 'float32', data: Float32Array.of(1) } });
    await expect(loadNetwork(resnet)).rejects.toThrow(
      `${resnet} holds no Vision Transformer and no ResNet of a library that is known: its tensors have names such as conv1.weight.`,
    );
    const words = join(temporaryFolder(), 'words.pth');
    writeZip(words, text('hello'));
    await expect(loadNetwork(words)).rejects.toThrow(
      `${words} holds no Vision Transformer and no ResNet of a library that is known: it has no tensors.`,
    );
  });

  test('block numbers that a file makes up', async () => {
    const made = rename(BACKBONE, (name) => name.replace('blocks.2.', 'blocks.99999999.'));
    await expect(loadNetwork(torchFile(made), { numHeads: 3 })).rejects.toThrow(
      'is of another architecture: it has the block 99999999, but not the block 2; blocks are counted from 0.',
    );
  });

  test('patches without an extent', async () => {
    const none = { shape: [48, 3, 0, 0], dtype: 'float32', data: new Float32Array(0) } as const;
    const path = torchFile({ ...BACKBONE, 'backbone.patch_embed.proj.weight': none });
    await expect(loadNetwork(path, { numHeads: 3 })).rejects.toThrow('holds no Vision Transformer');
  });

  test('a path that is not there', async () => {
    await expect(loadNetwork('/nowhere')).rejects.toThrow('The checkpoint /nowhere cannot be read: it does not exist.');
  });
});
