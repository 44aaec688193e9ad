/** CONTRIBUTING's "Add a weights format" and "Add a weights dialect", with one of each that does not exist. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DIALECTS } from '../../../src/weights/dialects/index.js';
import { vitDialect } from '../../../src/weights/dialects/vitDialect.js';
import type { WeightFormat } from '../../../src/weights/format.js';
import { WEIGHT_FORMATS } from '../../../src/weights/formats.js';
import { readNetwork } from '../../../src/weights/readNetwork.js';
import { readSafetensors, writeSafetensors } from '../../../src/weights/safetensors.js';
import { FileTensor, StoredTensor } from '../../../src/weights/storedTensor.js';
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
      return [name, new FileTensor(file, 'F32', shape, () => ({ begin, length }))] as const;
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

/** A dialect: a ViT whose blocks are layers, whose first tensor has another name, and whose queries, keys and values are apart. */
const layers = vitDialect({
  name: 'layers',
  firstTensor: FIRST,
  recognizes: () => true,
  standardName: (name) =>
    name
      .replace(/^layers\./, 'blocks.')
      .replace(FIRST, 'patch_embed.proj.weight')
      .replace(
        /\.attn\.([qkv])\.(weight|bias)$/,
        (_, part: string, kind: string) => `.attn.qkv.${kind}#${'qkv'.indexOf(part)}`,
      ),
  habits: () => ({ positions: { antialias: false, offset: 0 }, normEps: 1e-5, numHeads: 3 }),
});

/** In the names of that dialect. */
function foreign(tensors: ReturnType<typeof backboneOf>): ReturnType<typeof backboneOf> {
  const renamed = Object.entries(tensors).flatMap(([name, tensor]) => {
    const other = name.replace(/^backbone\.blocks\./, 'backbone.layers.').replace('patch_embed.proj.weight', FIRST);
    if (!other.includes('.qkv.')) return [[other, tensor] as const];
    const { shape, data, dtype } = tensor;
    const [rows = 0, ...rest] = shape;
    return ['q', 'k', 'v'].map((part, i) => {
      const third = data.slice((i * data.length) / 3, ((i + 1) * data.length) / 3);
      return [other.replace('.qkv.', `.${part}.`), { shape: [rows / 3, ...rest], dtype, data: third }] as const;
    });
  });
  return Object.fromEntries(renamed);
}

describe('A weights format that nobody knew', () => {
  it('is read like any other, and by its first bytes alone', async () => {
    const path = join(temporaryFolder(), 'teacher.pth');
    writeToy(path, backboneOf(TEACHER));
    const { parameters, shape } = await readNetwork(path, { formats: [...WEIGHT_FORMATS, toy] });
    expect(parameters).toEqual(backboneOf(TEACHER));
    expect(shape).toMatchObject({ kind: 'vit', patchSize: 8 });
    await expect(readNetwork(path)).rejects.toThrow(`${path} is text, not weights, and begins with "TOY1{`);
  });

  it('is among those that a file could have been', async () => {
    const path = join(temporaryFolder(), 'x.toy');
    writeFileSync(path, Buffer.from([1, 2, 3, 4]));
    await expect(readNetwork(path, { formats: [...WEIGHT_FORMATS, toy] })).rejects.toThrow(
      `${path} is neither a safetensors file nor a PyTorch checkpoint nor the list of the parts of a model nor a toy: it begins with the bytes 01 02 03 04.`,
    );
  });
});

describe('A weights dialect that nobody knew', () => {
  const dialects = [...DIALECTS, layers];
  const written = async (change: Parameters<typeof writeSafetensors>[1] = {}, left = '') => {
    const path = join(temporaryFolder(), 'x.safetensors');
    const { [left]: _, ...tensors } = foreign(backboneOf(TEACHER));
    await writeSafetensors(path, { ...tensors, ...change });
    return path;
  };

  it('is read as the backbone that it is', async () => {
    const path = await written();
    const { parameters, shape, numHeads, library } = await readNetwork(path, { dialects });
    expect(parameters).toEqual(backboneOf(TEACHER));
    expect(shape).toMatchObject({ normEps: 1e-5, positions: { offset: 0 } });
    expect([numHeads, library]).toEqual([3, 'layers']);
    await expect(readNetwork(path)).rejects.toThrow(
      'holds no Vision Transformer and no ResNet of a library that is known: its tensors have names such as backbone.',
    );
  });

  it('is refused with a part that the backbone does not have, and without one of those that it joins', async () => {
    const gamma = { shape: [1], dtype: 'float32', data: Float32Array.of(1) } as const;
    const path = await written({ 'backbone.layers.0.attn.q_norm.weight': gamma });
    await expect(readNetwork(path, { dialects })).rejects.toThrow(
      'it has backbone.layers.0.attn.q_norm.weight (norms of queries and keys), which this program does not support',
    );
    const without = await written({}, 'backbone.layers.1.attn.k.bias');
    await expect(readNetwork(without, { dialects })).rejects.toThrow(
      'it has backbone.layers.1.attn.q.bias and backbone.layers.1.attn.v.bias, but not all of query, key and value.',
    );
  });
});
