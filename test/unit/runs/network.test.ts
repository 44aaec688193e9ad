import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { headParameters, networkParameters, vitParameters } from '../../../src/method/parameters.js';
import type { NamedHostTensors } from '../../../src/method/program.js';
import type { NetworkSpec } from '../../../src/method/specification.js';
import { saveCheckpoint } from '../../../src/runs/checkpoint.js';
import { loadNetwork, loadNetworkInto, requireArchitecture } from '../../../src/runs/network.js';
import { createRun } from '../../../src/runs/run.js';
import { networkSpec, resolveSettings } from '../../../src/runs/settings.js';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.js';
import { dict, namespace, tensor, text, writeLegacy, writeZip } from '../weights/torchFiles.js';
import { temporaryFolder } from './temporaryFolder.js';
import { trainingState } from './trainingState.js';

const TINY_VIT = join(import.meta.dirname, '../../reference/tiny-vit');
const CHECKPOINT = join(TINY_VIT, 'checkpoint.pth');
const TEACHER = readSafetensors(join(TINY_VIT, 'teacher_final.safetensors'));
const BACKBONE = Object.fromEntries(Object.entries(TEACHER).filter(([name]) => name.startsWith('backbone.')));
const NETWORK: NetworkSpec = {
  vit: { patchSize: 8, inChans: 3, imageSize: 32, embedDim: 48, depth: 3, numHeads: 3 },
  head: { inDim: 48, hiddenDim: 64, bottleneckDim: 32, outDim: 96, normLastLayer: true },
};

const rename = (tensors: NamedHostTensors, name: (old: string) => string): NamedHostTensors =>
  Object.fromEntries(Object.entries(tensors).map(([old, value]) => [name(old), value]));

/** A torch file of these tensors; `around` puts its dictionary of tensors into what is saved. */
function torchFile(
  tensors: NamedHostTensors,
  around: (state: Buffer) => Buffer = (state) => state,
  format: 'zip' | 'legacy' = 'zip',
): string {
  const path = join(temporaryFolder(), 'weights.pth');
  const storages: Record<string, { length: number; bytes: Uint8Array }> = {};
  const entries = Object.entries(tensors).map(([name, { shape, data }], i) => {
    storages[i] = { length: data.length, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    return [
      name,
      tensor({ key: String(i), length: data.length, shape, strides, legacy: format === 'legacy' }),
    ] as const;
  });
  const root = around(dict(Object.fromEntries(entries)));
  if (format === 'legacy') writeLegacy(path, root, storages);
  else writeZip(path, root, Object.fromEntries(Object.entries(storages).map(([key, { bytes }]) => [key, bytes])));
  return path;
}

describe('the original code’s files', () => {
  test('checkpoint.pth gives exactly the weights of teacher_final.safetensors', async () => {
    const loaded = await loadNetwork(CHECKPOINT);
    expect(loaded.parameters).toEqual(TEACHER);
    expect(loaded).toMatchObject({ ...NETWORK, name: 'checkpoint.pth (teacher)' });
    expect(loaded.step).toBeUndefined();
  });

  test('its student, stored with module., is student_final.safetensors', async () => {
    const loaded = await loadNetwork(CHECKPOINT, { prefer: 'student' });
    expect(loaded.parameters).toEqual(readSafetensors(join(TINY_VIT, 'student_final.safetensors')));
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
    expect(loaded.parameters).toEqual(BACKBONE);
    expect(loaded.vit).toEqual(NETWORK.vit);
    expect(loaded.head).toBeUndefined();
  });

  test('of two networks in one dictionary the one asked for', async () => {
    const changed = rename(BACKBONE, (name) => `student.${name}`);
    const zeros = Object.fromEntries(
      Object.entries(changed).map(([name, value]) => [name, { ...value, data: new Float32Array(value.data.length) }]),
    );
    const path = torchFile({ ...rename(BACKBONE, (name) => `teacher.${name}`), ...zeros });
    const sum = async (prefer: 'teacher' | 'student') =>
      (await loadNetwork(path, { prefer, numHeads: 3 })).parameters['backbone.norm.weight']?.data.some(
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
    expect((await loadNetwork(torchFile({ ...renamed, ...extra }), { numHeads: 3 })).parameters).toEqual(TEACHER);
  });
});

describe('heads', () => {
  test('are 64 wide unless a run, the file or the caller says otherwise', async () => {
    const vit = { ...NETWORK.vit, embedDim: 128, depth: 1 };
    const tensors = Object.fromEntries(
      Object.entries(vitParameters(vit)).map(([name, { shape }]) => {
        const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
        return [name, { shape, dtype: 'float32' as const, data }];
      }),
    );
    expect((await loadNetwork(torchFile(tensors))).vit.numHeads).toBe(2);
    expect((await loadNetwork(torchFile(tensors), { numHeads: 8 })).vit.numHeads).toBe(8);
    const args = namespace({ arch: text('deit_small') });
    const small = torchFile(BACKBONE, (state) => dict({ teacher: state, args }));
    expect((await loadNetwork(small)).vit.numHeads).toBe(6);
    await expect(loadNetwork(small, { numHeads: 5 })).rejects.toThrow(
      `${small} cannot have 5 heads: its width, 48, must be a multiple of them.`,
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
    await saveCheckpoint(dir, { ...trainingState(3), student: TEACHER, teacher: student });
    const checkpoint = await saveCheckpoint(dir, { ...trainingState(7), student, teacher: TEACHER });
    for (const path of [dir, checkpoint, join(checkpoint, 'teacher.safetensors')]) {
      const loaded = await loadNetwork(path);
      expect(loaded.parameters).toEqual(TEACHER);
      expect(loaded).toMatchObject({ name: 'flowers, step 7 (teacher)', step: 7, vit: { numHeads: 2 } });
    }
    const loaded = await loadNetwork(join(dir, 'checkpoints', '00000003'), { prefer: 'student' });
    expect(loaded).toMatchObject({ name: 'flowers, step 3 (student)', step: 3 });
    expect(loaded.parameters).toEqual(TEACHER);
  });
});

describe('what cannot be loaded', () => {
  test('another architecture: the first tensor that differs, with both shapes', async () => {
    await expect(loadNetworkInto(NETWORK, CHECKPOINT)).resolves.toMatchObject({ vit: NETWORK.vit });
    const deeper = { ...NETWORK, vit: { ...NETWORK.vit, depth: 4 } };
    await expect(loadNetworkInto(deeper, CHECKPOINT)).rejects.toThrow(
      `${CHECKPOINT} is of another architecture: backbone.blocks.3.norm1.weight is missing, where the shape [48] is needed.`,
    );
    const smallData = networkSpec(resolveSettings({ preset: 'small-data' }).settings);
    await expect(loadNetworkInto(smallData, CHECKPOINT)).rejects.toThrow(
      `${CHECKPOINT} is of another architecture: backbone.cls_token has the shape [1, 1, 48], but [1, 1, 192] is needed.`,
    );
    const wider = { ...NETWORK, head: { ...NETWORK.head, outDim: 97 } };
    expect(() => requireArchitecture(TEACHER, networkParameters(wider), 'x')).toThrow(
      'x is of another architecture: head.last_layer.weight_g has the shape [96, 1], but [97, 1] is needed.',
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
      `${resnet} holds no Vision Transformer of DINO's: its patch_embed`,
    );
    const words = join(temporaryFolder(), 'words.pth');
    writeZip(words, text('hello'));
    await expect(loadNetwork(words)).rejects.toThrow(`${words} holds no network: it is not a dictionary of tensors.`);
  });

  test('block numbers that a file makes up', async () => {
    const made = rename(BACKBONE, (name) => name.replace('blocks.2.', 'blocks.99999999.'));
    await expect(loadNetwork(torchFile(made), { numHeads: 3 })).rejects.toThrow(
      /is of another architecture: backbone\.blocks\.2\.\S+ is missing/,
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
