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
import { updateIndex } from '../../../../src/evaluation/retrieval/folderIndex.js';
import { featureOfFile, mostSimilar, rowOfFile } from '../../../../src/evaluation/retrieval/search.js';
import type { LoadedNetwork } from '../../../../src/runs/network.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';
import { datasetOf, engineOfFirstValues, network } from '../surroundings.js';

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

describe('an index of many images', () => {
  const SIZE = 700;
  const PIECE = 256;
  const dataset = datasetOf([], { size: SIZE });

  /** Each piece takes half a minute; `next` hears how many were begun before. */
  async function updated(next: (begun: number) => void = () => undefined, signal = new AbortController().signal) {
    let [begun, now] = [0, 1e6];
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    const describing = {
      async of({ size }: { readonly size: number }, onProgress: (done: number) => void) {
        next(begun++);
        onProgress(size);
        now += 30_000;
        const images = Int32Array.from({ length: size }, (_, image) => image);
        return { features: { rows: size, dim: 1, data: new Float32Array(size).fill(1) }, images, unreadable: [] };
      },
      dispose: async () => undefined,
    };
    const by = { identity: 'described', describe: async () => describing };
    try {
      const { computed, kept } = await updateIndex(path, dataset, { ...byOf(), signal }, true, by);
      return { computed, kept };
    } finally {
      clock.mockRestore();
    }
  }
  const failingAt = (piece: number) => (begun: number) => {
    if (begun === piece) throw new Error('the disk is gone');
  };

  it('has all that was computed before the work was stopped', async () => {
    const stop = new AbortController();
    const stopping = updated((begun) => begun === 1 && stop.abort(new Error('enough')), stop.signal);
    await expect(stopping).rejects.toThrow('enough');
    expect(await updated()).toEqual({ computed: SIZE - PIECE, kept: PIECE });
  });

  it('has what was computed up to a minute before the work failed', async () => {
    await expect(updated(failingAt(1))).rejects.toThrow('the disk is gone');
    expect(existsSync(path)).toBe(false);
    await expect(updated(failingAt(2))).rejects.toThrow('the disk is gone');
    expect(await updated()).toEqual({ computed: SIZE - 2 * PIECE, kept: 2 * PIECE });
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
