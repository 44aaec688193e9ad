/** CONTRIBUTING's "Add a weights format" and "Add a weights dialect", with one of each that does not exist. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BACKBONE_READERS, type BackboneReader } from '../../../src/weights/backbones.js';
import { dinoVit } from '../../../src/weights/dinoVit.js';
import type { WeightFormat } from '../../../src/weights/format.js';
import { WEIGHT_FORMATS } from '../../../src/weights/formats.js';
import { readNetwork } from '../../../src/weights/readNetwork.js';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.js';
import { StoredTensor } from '../../../src/weights/storedTensor.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

const TEACHER = join(import.meta.dirname, '../../reference/tiny-vit/teacher_final.safetensors');
const backboneOf = (path: string) =>
  Object.fromEntries(Object.entries(readSafetensors(path)).filter(([name]) => name.startsWith('backbone.')));

const MARK = 'TOY1';
const PLACES = 16_384;
const shapes = z.record(z.string(), z.array(z.number()));

/** A format: a mark, JSON of the shapes by name in a fixed number of bytes, then the values as float32. */
const toy: WeightFormat = {
  name: 'a toy',
  endings: ['toy'],
  recognizes: (head) => head.toString('latin1', 0, MARK.length) === MARK,
  open: (file) => {
    let place = PLACES;
    const text = Buffer.from(file.read(MARK.length, PLACES - MARK.length)).toString();
    const root = Object.entries(shapes.parse(JSON.parse(text))).map(([name, shape]) => {
      const [begin, length] = [place, 4 * shape.reduce((product, extent) => product * extent, 1)];
      place += length;
      return [name, new StoredTensor('F32', shape, () => ({ begin, length }))] as const;
    });
    return {
      root: new Map(root),
      foreign: [],
      tensor: (value) => (value instanceof StoredTensor ? value : undefined),
    };
  },
};

function writeToy(path: string, tensors: ReturnType<typeof backboneOf>): void {
  const entries = Object.entries(tensors);
  const text = JSON.stringify(Object.fromEntries(entries.map(([name, { shape }]) => [name, shape])));
  const values = entries.map(([, { data }]) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  writeFileSync(path, Buffer.concat([Buffer.from((MARK + text).padEnd(PLACES)), ...values]));
}

const FIRST = 'stem.kernel';
const standard = (name: string): string =>
  name.replace(/^layers\./, 'blocks.').replace(/^stem\.kernel$/, 'patch_embed.proj.weight');
const foreign = (name: string): string =>
  name.replace(/^backbone\.blocks\./, 'backbone.layers.').replace('patch_embed.proj.weight', FIRST);

/** A dialect: a ViT whose blocks are layers and whose first tensor has another name. */
const layers: BackboneReader = {
  name: 'Vision Transformer of layers',
  firstTensor: FIRST,
  read: (file, network) => {
    const backbone = new Map([...network.backbone].map(([name, value]) => [standard(name), value]));
    const { shape, tensors } = dinoVit(file, { ...network, backbone });
    return { shape: { kind: 'vit', ...shape }, dim: shape.embedDim, tensors, buffers: {} };
  },
};

describe('A weights format that nobody knew', () => {
  it('is read like any other, and by its first bytes alone', async () => {
    const path = join(temporaryFolder(), 'teacher.pth');
    writeToy(path, backboneOf(TEACHER));
    const { parameters, shape } = await readNetwork(path, undefined, { formats: [...WEIGHT_FORMATS, toy] });
    expect(parameters).toEqual(backboneOf(TEACHER));
    expect(shape).toMatchObject({ kind: 'vit', patchSize: 8 });
    await expect(readNetwork(path)).rejects.toThrow(`${path} is text, not weights, and begins with "TOY1{`);
  });

  it('is among those that a file could have been', async () => {
    const path = join(temporaryFolder(), 'x.toy');
    writeFileSync(path, Buffer.from([1, 2, 3, 4]));
    await expect(readNetwork(path, undefined, { formats: [...WEIGHT_FORMATS, toy] })).rejects.toThrow(
      `${path} is neither a safetensors file nor a PyTorch checkpoint nor a toy: it begins with the bytes 01 02 03 04.`,
    );
  });
});

describe('A weights dialect that nobody knew', () => {
  const readers = [...BACKBONE_READERS, layers];
  const renamed = Object.fromEntries(
    Object.entries(backboneOf(TEACHER)).map(([name, tensor]) => [foreign(name), tensor]),
  );

  it('is read as the backbone that it is', async () => {
    const path = join(temporaryFolder(), 'x.safetensors');
    await writeSafetensors(path, renamed);
    const { parameters } = await readNetwork(path, undefined, { readers });
    expect(parameters).toEqual(backboneOf(TEACHER));
    await expect(readNetwork(path)).rejects.toThrow(
      "holds no Vision Transformer and no ResNet of DINO's: it has neither patch_embed.proj.weight nor layer1.0.conv1.weight",
    );
  });

  it('is refused with a part that the backbone does not have', async () => {
    const path = join(temporaryFolder(), 'x.safetensors');
    const gamma = { shape: [1], dtype: 'float32', data: Float32Array.of(1) } as const;
    await writeSafetensors(path, { ...renamed, 'backbone.layers.0.ls1.gamma': gamma });
    await expect(readNetwork(path, undefined, { readers })).rejects.toThrow('LayerScale');
  });
});
