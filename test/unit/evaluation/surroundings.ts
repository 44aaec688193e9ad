/** Data sets and engines that a test knows all about. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { IMAGES, type ImageDataset } from '../../../src/data/dataset.js';
import { type Image, UnreadableImageError } from '../../../src/data/image.js';
import type { Engine, Session } from '../../../src/engines/engine.js';
import type { Computing } from '../../../src/evaluation/evaluation.js';
import { vitOfDino } from '../../../src/method/backbones/vit/lineages.js';
import type { NamedHostTensors } from '../../../src/program/program.js';
import type { LoadedNetwork } from '../../../src/runs/network.js';

/** Of one level throughout. */
export const plain = (level: number, channels = 3): Image => ({
  width: 8,
  height: 8,
  channels,
  data: new Uint8Array(64 * channels).fill(level),
});

/** Images of these levels, in two classes by turns; `undefined` is one that cannot be read. */
export function datasetOf(levels: readonly (number | undefined)[], changes: Partial<ImageDataset> = {}): ImageDataset {
  return {
    modality: IMAGES,
    path: '/data',
    size: levels.length,
    classes: ['even', 'odd'],
    labelOf: (index) => index % 2,
    nameOf: (index) => `image ${index}`,
    read: async (index, channels) => {
      const level = levels[index];
      if (level === undefined) throw new UnreadableImageError(`image ${index}`, 'it is torn');
      return plain(level, channels);
    },
    fingerprint: 'fingerprint',
    stamp: 'stamp',
    source: { kind: 'folder', root: '/data', names: [] },
    leftOut: { endings: {}, others: [] },
    notes: [],
    classNote: undefined,
    ...changes,
  };
}

export const network: LoadedNetwork = {
  parameters: {
    'backbone.norm.bias': { shape: [2], dtype: 'float32', data: Float32Array.of(1, 2) },
    'head.mlp.0.bias': { shape: [1], dtype: 'float32', data: Float32Array.of(3) },
  },
  backbone: {
    kind: 'vit',
    ...vitOfDino({ patchSize: 4, inChans: 3, imageSize: 8, embedDim: 2, depth: 1, numHeads: 1 }),
  },
  name: 'network',
  source: { files: [], library: 'DINO' },
  notes: [],
};

/** What a session is asked beside its calls, where nothing depends on its state. */
export const WITHOUT_STATE = {
  undo: async () => undefined,
  readState: async () => ({}),
  writeState: async () => undefined,
} satisfies Partial<Session>;

/** Whose features of an image are its first value and 1; and what was asked of it. */
export function engineOfFirstValues() {
  const asked = { state: {} as NamedHostTensors, calls: [] as NamedHostTensors[], disposed: 0 };
  const engine: Engine = {
    name: 'eager',
    version: 'first values',
    compile: async (_, state) => {
      asked.state = state;
      return {
        call: async (inputs) => {
          asked.calls.push(inputs);
          const { shape, data } = inputs['images'] as NonNullable<NamedHostTensors[string]>;
          const batch = shape[0] as number;
          const cls = Float32Array.from({ length: 2 * batch }, (_, i) =>
            i % 2 === 0 ? (data[(i / 2) * (data.length / batch)] as number) : 1,
          );
          return { cls: { shape: [batch, 2], dtype: 'float32', data: cls } };
        },
        ...WITHOUT_STATE,
        dispose: async () => {
          asked.disposed++;
        },
      };
    },
  };
  return { engine, asked };
}

/** Whose features of a whole patch of 4 x 4 pixels are its first value and 1, and so those of the image. One image at a time. */
export function engineOfTokens() {
  const { engine: first, asked } = engineOfFirstValues();
  const engine: Engine = {
    ...first,
    compile: async (program, state) => {
      const session = await first.compile(program, state);
      return {
        ...session,
        call: async (inputs) => {
          const outputs = await session.call(inputs);
          const { shape, data } = inputs['images'] as NonNullable<NamedHostTensors[string]>;
          const [, , height = 0, width = 0] = shape;
          const [rows, columns] = [Math.floor(height / 4), Math.floor(width / 4)];
          const patches = Float32Array.from({ length: 2 * rows * columns }, (_, i) => {
            const [row, column] = [Math.floor(i / 2 / columns), Math.floor(i / 2) % columns];
            return i % 2 === 0 ? (data[4 * row * width + 4 * column] as number) : 1;
          });
          return { ...outputs, patches: { shape: [1, rows * columns, 2], dtype: 'float32', data: patches } };
        },
      };
    },
  };
  return { engine, asked };
}

/** What a level becomes in the first channel: ImageNet's statistics. */
export const normalized = (level: number) => (level / 255 - 0.485) / 0.229;

/** Square PNGs of one level throughout, by their paths below the folder. */
export async function writeLevels(folder: string, levels: Readonly<Record<string, number>>, side = 8): Promise<string> {
  for (const [name, level] of Object.entries(levels)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    const background = { r: level, g: level, b: level };
    await sharp({ create: { width: side, height: side, channels: 3, background } })
      .png()
      .toFile(file);
  }
  return folder;
}

/** What an evaluation computes with: features of first values; and all that it says meanwhile. */
export function computing(changes: Partial<Computing> = {}) {
  const { engine, asked } = engineOfFirstValues();
  const said = { progress: [] as (readonly [done: number, total: number, of: string])[], warnings: [] as string[] };
  const by: Computing = {
    ...{ network, engine, signal: new AbortController().signal },
    progress: (...heard) => said.progress.push(heard),
    warn: (message) => said.warnings.push(message),
    ...changes,
  };
  return { by, asked, said };
}
