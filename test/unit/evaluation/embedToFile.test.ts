import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ImageDataset } from '../../../src/data/dataset.js';
import { embedToFile } from '../../../src/evaluation/embedToFile.js';
import { readFeatures } from '../../../src/evaluation/featureFile.js';
import { FEATURE_FORMS } from '../../../src/evaluation/featureForms/index.js';
import { PartialFeatures } from '../../../src/evaluation/partialFeatures.js';
import { readSafetensors } from '../../../src/weights/safetensors.js';
import { datasetOf, engineOfFirstValues, network, normalized } from './surroundings.js';

/** More than three batches, and more than a block of rows; some cannot be read. */
const LEVELS = Array.from({ length: 1300 }, (_, index) => (index % 97 === 96 ? undefined : index % 251));
const READABLE = LEVELS.filter((level) => level !== undefined);
const IMAGES = [...LEVELS.keys()].filter((index) => LEVELS[index] !== undefined);
const dataset = datasetOf(LEVELS, { nameOf: (index) => `${index},"ü".png` });

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dino-embed-to-file-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const quiet = { progress: () => undefined, resumed: () => undefined };

/** @param until as many images are done; then the work ends as if it were killed */
async function embedded(file: string, { of = dataset, until = Number.POSITIVE_INFINITY } = {}) {
  const seen: number[] = [];
  const resumed: number[] = [];
  const read = async (index: number, channels: number) => {
    seen.push(index);
    return of.read(index, channels);
  };
  const counted: ImageDataset = { ...of, read };
  const listener = {
    resumed: (done: number) => resumed.push(done),
    progress: (done: number) => {
      if (done >= until) throw new Error('killed');
    },
  };
  const { engine } = engineOfFirstValues();
  const result = await embedToFile(counted, network, engine, join(root, file), listener).catch(
    (error: unknown) => error,
  );
  return { result, seen, resumed };
}

/** Of length 1, as the file has it. */
const rowOf = (level: number): [number, number] => {
  const value = Math.fround(normalized(level));
  const norm = Math.hypot(value, 1);
  return [value / norm, 1 / norm];
};

describe('features in a file', () => {
  it.each(FEATURE_FORMS.map(({ ending }) => ending))(
    'of the form %s are the same bytes when the work was ended and resumed',
    async (ending) => {
      const whole = await embedded(`whole${ending}`);
      expect(whole.result).toMatchObject({ rows: READABLE.length, dim: 2 });
      const ended = await embedded(`ended${ending}`, { until: 64 });
      expect(ended.result).toEqual(new Error('killed'));
      const there = await readdir(root);
      expect([there.includes(`ended${ending}.part`), there.includes(`ended${ending}`)]).toEqual([true, false]);
      const again = await embedded(`ended${ending}`);
      expect(again.resumed).toEqual([64]);
      expect(Math.min(...again.seen)).toBe(64);
      expect(again.result).toMatchObject({ rows: READABLE.length, unreadable: { length: 13 } });
      expect(readFileSync(join(root, `ended${ending}`))).toEqual(readFileSync(join(root, `whole${ending}`)));
      // Nothing but the files is left.
      expect((await readdir(root)).filter((name) => /part|unfinished/.test(name))).toEqual([]);
    },
  );

  it('have each readable image in its row, with its name and class', async () => {
    await embedded('features.parquet');
    const file = await asyncBufferFromFile(join(root, 'features.parquet'));
    const rows = await parquetReadObjects({ file });
    expect(rows).toHaveLength(READABLE.length);
    expect(Number((await parquetMetadataAsync(file)).num_rows)).toBe(READABLE.length);
    expect((await parquetMetadataAsync(file)).row_groups).toHaveLength(2);
    for (const [row, level] of [...READABLE.entries()].filter(([row]) => row % 100 === 0 || row > 1020)) {
      const image = IMAGES[row] as number;
      expect(rows[row]).toMatchObject({ name: `${image},"ü".png`, class: image % 2 === 0 ? 'even' : 'odd' });
      const features = rows[row]?.['features'] as number[];
      for (const [d, value] of rowOf(level).entries()) expect(features[d]).toBeCloseTo(value, 6);
    }
    const parquet = rows.map((row) => Array.from(row['features'] as number[]));

    await embedded('features.safetensors');
    const tensor = readSafetensors(join(root, 'features.safetensors'))['features'];
    expect(tensor?.shape).toEqual([READABLE.length, 2]);
    expect([...(tensor?.data ?? [])]).toEqual(parquet.flat());
    const names = readFileSync(join(root, 'features.names.tsv'), 'utf8').trimEnd().split('\n');
    expect(names).toHaveLength(READABLE.length + 1);

    for (const name of ['features.npy', 'features.csv']) {
      await embedded(name);
      const { features, names, classes } = await readFeatures(join(root, name));
      expect([...features.data].map(Math.fround)).toEqual(parquet.flat());
      expect(names).toEqual(rows.map((row) => row['name']));
      expect(classes).toEqual(rows.map((row) => row['class']));
    }
  });

  it('begin anew when the images have changed, or when what was kept is cut off', async () => {
    await embedded('a.npy', { until: 128 });
    const changed = await embedded('a.npy', { of: { ...dataset, stamp: 'another' }, until: 64 });
    expect([changed.resumed, changed.seen[0]]).toEqual([[], 0]);
    truncateSync(join(root, 'a.npy.part', 'rows.f32'), 8);
    expect((await embedded('a.npy', { of: { ...dataset, stamp: 'another' }, until: 64 })).resumed).toEqual([]);
    writeFileSync(join(root, 'a.npy.part', 'state.json'), '{"key":');
    expect((await embedded('a.npy')).resumed).toEqual([]);
    expect((await readFeatures(join(root, 'a.npy'))).features.rows).toBe(READABLE.length);
  });

  it('are refused in one sentence where there is nothing to write, no place, or no such form', async () => {
    expect((await embedded('a.npy', { of: datasetOf([undefined]) })).result).toEqual(
      new Error('None of the images in /data can be read: The image image 0 cannot be read: it is torn.'),
    );
    expect(String((await embedded('no/a.csv')).result)).toMatch(/cannot be written to .*it does not exist/);
    writeFileSync(join(root, 'file'), '');
    expect(String((await embedded('file/a.npy')).result)).toMatch(
      /cannot be written to .*a part of its path is a file/,
    );
    writeFileSync(join(root, 'b.npy.part'), 'a download');
    expect(String((await embedded('b.npy')).result)).toMatch(/b\.npy\.part is in the way/);
    expect(readFileSync(join(root, 'b.npy.part'), 'utf8')).toBe('a download');
    const { engine } = engineOfFirstValues();
    await expect(embedToFile(dataset, network, engine, join(root, 'a.txt'), quiet)).rejects.toThrow(
      'must end in .npy, .csv, .tsv, .safetensors or .parquet',
    );
  });

  it('have no classes where the images have none, or where one has none', async () => {
    const classesOf = async (file: string, changes: Partial<ImageDataset>) => {
      await embedded(file, { of: datasetOf([10, 20, 30], changes) });
      return (await readFeatures(join(root, file))).classes;
    };
    expect(await classesOf('some.npy', { labelOf: (index) => [1, undefined, 0][index] })).toEqual(['odd', '', 'even']);
    expect(await classesOf('none.npy', { classes: undefined })).toEqual(['', '', '']);
  });

  it('hear of each batch, end their session and close their file however they end', async () => {
    const listened = async (file: string, of: ImageDataset) => {
      const { engine, asked } = engineOfFirstValues();
      const close = vi.spyOn(PartialFeatures.prototype, 'close');
      const heard: number[] = [];
      const listener = { progress: (done: number) => heard.push(done), resumed: (done: number) => heard.push(-done) };
      const failed = await embedToFile(of, network, engine, join(root, file), listener).then(
        () => undefined,
        (error: unknown) => error,
      );
      const closed = close.mock.calls.length;
      close.mockRestore();
      return { heard, failed, disposed: asked.disposed, closed };
    };
    const all = datasetOf(Array.from({ length: 130 }, () => 9));
    expect(await listened('a.npy', all)).toEqual({ heard: [64, 128, 130], failed: undefined, disposed: 1, closed: 1 });
    expect(await listened('b.npy', datasetOf([undefined]))).toMatchObject({ heard: [1], disposed: 1, closed: 1 });
    writeFileSync(join(root, 'c.npy.part'), 'a download');
    expect(await listened('c.npy', all)).toMatchObject({
      heard: [],
      failed: expect.any(Error),
      disposed: 1,
      closed: 0,
    });
  });
});
