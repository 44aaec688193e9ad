import {
  copyFileSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openDataset } from '../../../../src/data/dataset.js';
import { indexPath, updateIndex } from '../../../../src/evaluation/retrieval/folderIndex.js';
import { featureOfFile, mostSimilar, rowOfFile } from '../../../../src/evaluation/retrieval/search.js';
import type { LoadedNetwork } from '../../../../src/runs/network.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';
import { datasetOf, engineOfFirstValues, network, normalized } from '../surroundings.js';

let root: string;
let folder: string;
let path: string;

const write = (name: string, level: number) =>
  sharp({ create: { width: 8, height: 8, channels: 3, background: { r: level, g: level, b: level } } })
    .png()
    .toFile(join(folder, name));

beforeEach(async () => {
  root = temporaryFolder();
  folder = temporaryFolder();
  path = join(root, 'deeper', 'images.index');
  for (const [name, level] of [
    ['a.png', 0],
    ['b.png', 120],
    ['c.png', 255],
  ] as const)
    await write(name, level);
});

const byOf = (of: LoadedNetwork = network) => ({
  ...{ network: of, engine: engineOfFirstValues().engine, signal: new AbortController().signal },
  ...{ progress: () => undefined, warn: (message: string) => warnings.push(message) },
});
let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
});
const update = async (of?: LoadedNetwork) => updateIndex(path, await openDataset(folder), byOf(of));

describe('an index', () => {
  it('is made once', async () => {
    expect(await update()).toMatchObject({ computed: 3, kept: 0, notes: [] });
    const again = await update();
    expect(again).toMatchObject({ computed: 0, kept: 3, notes: [] });
    expect(again.index.images.map(({ name }) => name)).toEqual(['a.png', 'b.png', 'c.png']);
  });

  it('computes what is new or was written again, and forgets what is gone', async () => {
    const before = await update();
    await write('aa.png', 60);
    await write('b.png', 10);
    utimesSync(join(folder, 'b.png'), 1, 1);
    rmSync(join(folder, 'c.png'));
    const after = await update();
    expect(after).toMatchObject({ computed: 2, kept: 1 });
    expect(after.index.images.map(({ name }) => name)).toEqual(['a.png', 'aa.png', 'b.png']);
    expect(after.index.features.data.slice(0, 2)).toEqual(before.index.features.data.slice(0, 2));
    expect(after.index.features.data.slice(4)).not.toEqual(before.index.features.data.slice(2, 4));
    const third = await update();
    expect(third).toMatchObject({ computed: 0, kept: 3 });
    expect(third.index).toEqual(after.index);
  });

  it('has its rows in the order of the images, wherever a new one is', async () => {
    await update();
    await write('0.png', 60);
    const { engine, asked } = engineOfFirstValues();
    const { images, index } = await updateIndex(path, await openDataset(folder), { ...byOf(), engine });
    expect([[...images], index.images.map(({ name }) => name)]).toEqual([
      [0, 1, 2, 3],
      ['0.png', 'a.png', 'b.png', 'c.png'],
    ]);
    const value = normalized(60);
    expect(index.features.data[0]).toBeCloseTo(value / Math.hypot(value, 1), 5);
    expect(asked.disposed).toBe(1);
    await updateIndex(path, await openDataset(folder), { ...byOf(), engine });
    expect(asked.disposed, 'what needs nothing compiles nothing').toBe(1);
  });

  it('is written only where something has changed', async () => {
    const isWritten = async () => {
      utimesSync(path, 1, 1);
      await update();
      return statSync(path).mtimeMs > 1000;
    };
    await update();
    expect(await isWritten(), 'nothing').toBe(false);
    await write('d.png', 60);
    expect(await isWritten(), 'one more').toBe(true);
    expect(await update()).toMatchObject({ computed: 0, kept: 4 });
    rmSync(join(folder, 'a.png'));
    expect(await isWritten(), 'one less').toBe(true);
    expect(await isWritten(), 'nothing any more').toBe(false);
  });

  it('of another network is refused', async () => {
    await update();
    const parameters = { ...network.parameters };
    parameters['backbone.norm.bias'] = { shape: [2], dtype: 'float32', data: Float32Array.of(1, 3) };
    await expect(update({ ...network, parameters, name: 'another' })).rejects.toThrow(
      `The index ${path} is of another network (network): choose another file for that of another.`,
    );
  });

  it.each([5, 30, 100])('of which only %i bytes are there is made again, and that is said', async (bytes) => {
    await update();
    truncateSync(path, bytes);
    expect(await update()).toMatchObject({
      computed: 3,
      notes: [`The index ${path} is incomplete or damaged, so it is made again.`],
    });
    expect(await update()).toMatchObject({ computed: 0 });
  });

  it('with a wrong bit is made again', async () => {
    await update();
    const bytes = readFileSync(path);
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    writeFileSync(path, bytes);
    expect(await update()).toMatchObject({ computed: 3 });
  });

  it('never takes the place of another file', async () => {
    path = join(root, 'notes.txt');
    writeFileSync(path, 'my notes');
    await expect(update()).rejects.toThrow(`${path} is no index of images: choose another file for it.`);
    expect(readFileSync(path, 'utf8')).toBe('my notes');
  });

  it('leaves out what cannot be read', async () => {
    writeFileSync(join(folder, 'torn.png'), 'torn');
    expect(await update()).toMatchObject({ computed: 3 });
    expect(warnings).toEqual([expect.stringContaining('torn.png')]);
  });

  it('of nothing that can be read is refused', async () => {
    for (const name of ['a.png', 'b.png', 'c.png']) writeFileSync(join(folder, name), 'torn');
    await expect(update()).rejects.toThrow(`None of the images in ${folder} can be read.`);
  });
});

describe('the place of an index', () => {
  it('is a file of its own for each folder and each network', () => {
    const places = [
      indexPath('/storage', { path: '/a' }, 'network'),
      indexPath('/storage', { path: '/b' }, 'network'),
      indexPath('/storage', { path: '/a' }, 'another'),
    ];
    expect(new Set(places).size).toBe(3);
    for (const place of places) expect(place).toMatch(/^\/storage\/indexes\/[0-9a-f]+\.index$/);
    expect(indexPath('/storage', { path: '/a' }, 'network')).toBe(places[0]);
  });

  it('that nobody asked for may be one that cannot be written or read: it is computed, and that is said', async () => {
    writeFileSync(join(root, 'file'), '');
    path = join(root, 'file', 'images.index');
    const unasked = async () => updateIndex(path, await openDataset(folder), byOf(), false);
    for (let time = 0; time < 2; time++)
      expect(await unasked()).toMatchObject({
        ...{ computed: 3, kept: 0 },
        notes: [expect.stringMatching(/images\.index cannot be written: .*\. The features are not kept\.$/)],
      });
    path = join(root, 'kept.index');
    expect(await unasked()).toMatchObject({ computed: 3, notes: [] });
    expect(await unasked()).toMatchObject({ computed: 0, kept: 3, notes: [] });
  });

  it('that a person asked for is refused when it cannot be written', async () => {
    writeFileSync(join(root, 'file'), '');
    path = join(root, 'file', 'images.index');
    await expect(update()).rejects.toThrow(`The index ${path} cannot be`);
  });
});

describe('an index of what is no folder', () => {
  it('is computed again when the data set has another stamp', async () => {
    const source = {
      kind: 'idx',
      file: '/x',
      width: 1,
      height: 1,
      count: 3,
      pixels: new SharedArrayBuffer(3),
    } as const;
    const of = (stamp: string) => updateIndex(path, datasetOf([1, 2, 3], { source, stamp }), byOf());
    expect(await of('first')).toMatchObject({ computed: 3, kept: 0 });
    expect(await of('first')).toMatchObject({ computed: 0, kept: 3 });
    expect(await of('second')).toMatchObject({ computed: 3, kept: 0 });
  });
});

describe('an index of many images', () => {
  const SIZE = 700;
  const PIECE = 256;

  /** Each piece takes half a minute; `next` hears how many were begun before. */
  async function updated(
    next: (begun: number) => void = () => undefined,
    {
      signal = new AbortController().signal,
      size = SIZE,
      heard = Array.of<readonly [done: number, total: number]>(),
    } = {},
  ) {
    const dataset = datasetOf([], { size });
    let [begun, now, disposed] = [0, 1e6, 0];
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    const describing = {
      async of({ size }: { readonly size: number }, onProgress: (done: number) => void) {
        next(begun++);
        onProgress(size);
        now += 30_000;
        const images = Int32Array.from({ length: size }, (_, image) => image);
        return { features: { rows: size, dim: 1, data: new Float32Array(size).fill(1) }, images, unreadable: [] };
      },
      dispose: async () => {
        disposed++;
      },
    };
    const by = { identity: 'described', describe: async () => describing };
    const progress = (done: number, total: number) => void heard.push([done, total]);
    try {
      const { computed, kept } = await updateIndex(path, dataset, { ...byOf(), signal, progress }, true, by);
      return { computed, kept };
    } finally {
      clock.mockRestore();
      // Where nothing is new, nothing is needed to describe it.
      expect(disposed).toBe(begun > 0 ? 1 : 0);
    }
  }
  const failingAt = (piece: number) => (begun: number) => {
    if (begun === piece) throw new Error('the disk is gone');
  };

  it('has all that was computed before the work was stopped', async () => {
    const stop = new AbortController();
    const stopping = updated((begun) => begun === 1 && stop.abort(new Error('enough')), { signal: stop.signal });
    await expect(stopping).rejects.toThrow('enough');
    const heard: [done: number, total: number][] = [];
    expect(await updated(undefined, { heard })).toEqual({ computed: SIZE - PIECE, kept: PIECE });
    expect(heard, 'of those that were left').toEqual([
      [256, 444],
      [444, 444],
    ]);
  });

  it('has what was computed up to a minute before the work failed', async () => {
    await expect(updated(failingAt(1))).rejects.toThrow('the disk is gone');
    expect(existsSync(path)).toBe(false);
    await expect(updated(failingAt(2))).rejects.toThrow('the disk is gone');
    expect(await updated()).toEqual({ computed: SIZE - 2 * PIECE, kept: 2 * PIECE });
  });

  it('is kept a minute after it was kept the last time', async () => {
    const size = 5 * PIECE;
    await expect(updated(failingAt(3), { size })).rejects.toThrow('the disk is gone');
    expect(await updated(undefined, { size })).toEqual({ computed: 3 * PIECE, kept: 2 * PIECE });
    expect(await updated(undefined, { size })).toEqual({ computed: 0, kept: size });
  });

  it('says how many of the new ones are done', async () => {
    const heard: [done: number, total: number][] = [];
    await updated(undefined, { heard });
    expect(heard).toEqual([
      [256, 700],
      [512, 700],
      [700, 700],
    ]);
  });

  it('is not written where the work is stopped before anything was computed', async () => {
    const stop = new AbortController();
    const stopping = updated((begun) => begun === 0 && stop.abort(new Error('enough')), { signal: stop.signal });
    await expect(stopping).rejects.toThrow('enough');
    expect(existsSync(path)).toBe(false);
  });

  it('has each image in its row, also where some cannot be read', async () => {
    const levels = Array.from({ length: 300 }, (_, image) => (image % 100 === 99 ? undefined : image % 250));
    const { images, index } = await updateIndex(path, datasetOf(levels), byOf());
    expect(images).toHaveLength(297);
    expect([images[98], images[99], images[256], images[296]]).toEqual([98, 100, 258, 298]);
    expect(index.images[256]).toEqual({ name: 'image 258', stamp: 'none' });
    expect(warnings).toHaveLength(3);
    const value = normalized(8);
    expect(index.features.data[2 * 256]).toBeCloseTo(value / Math.hypot(value, 1), 5);
  });
});

describe('a query', () => {
  it('finds the most similar, and not itself', async () => {
    const updated = await update();
    const query = join(folder, 'b.png');
    const own = await rowOfFile(query, await openDataset(folder), updated);
    expect(own).toBe(1);
    const feature = await featureOfFile(query, byOf());
    expect(mostSimilar(updated, feature, 2, own).map(({ name }) => name)).toEqual(['a.png', 'c.png'].sort());
    expect(mostSimilar(updated, feature, 1, -1)).toEqual([{ row: 1, name: 'b.png', distance: expect.closeTo(0, 6) }]);
  });

  it('is computed alone, and not as one of many images that are not there', async () => {
    const { engine, asked } = engineOfFirstValues();
    await featureOfFile(join(folder, 'a.png'), { engine, network });
    expect(asked.calls.map((inputs) => inputs['images']?.shape)).toEqual([[1, 3, 8, 8]]);
    expect(asked.disposed).toBe(1);
  });

  it('from elsewhere may find its copy', async () => {
    const updated = await update();
    copyFileSync(join(folder, 'c.png'), join(root, 'c.png'));
    expect(await rowOfFile(join(root, 'c.png'), await openDataset(folder), updated)).toBe(-1);
  });

  it('for more images than there are is refused', async () => {
    const updated = await update();
    const feature = await featureOfFile(join(folder, 'a.png'), byOf());
    expect(() => mostSimilar(updated, feature, 4, -1)).toThrow(
      'There are only 3 images to find: choose a k of at most 3.',
    );
    expect(() => mostSimilar(updated, feature, 3, 0)).toThrow(
      'There are only 2 images besides the query itself to find: choose a k of at most 2.',
    );
  });

  it('that cannot be read is named', async () => {
    await expect(featureOfFile(join(root, 'gone.png'), byOf())).rejects.toThrow('gone.png cannot be read');
  });
});
