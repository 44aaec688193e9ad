import { describe, expect, it } from 'vitest';
import { UnreadableImageError } from '../../../src/data/image.js';
import type { CompileOptions, Engine } from '../../../src/engines/engine.js';
import { embed, some, spreadImages } from '../../../src/evaluation/embedding.js';
import { FeatureExtractor } from '../../../src/evaluation/features.js';
import { backboneOf } from '../../../src/method/backbones/index.js';
import type { Program } from '../../../src/program/program.js';
import { datasetOf, engineOfFirstValues, network, normalized, plain } from './surroundings.js';

/** More than two batches of 64, some of them unreadable. */
const levels = Array.from({ length: 150 }, (_, i) => (i === 3 || i === 64 || i === 149 ? undefined : i + 10));
const readable = levels.flatMap((level, i) => (level === undefined ? [] : [i]));

describe('The features of a data set', () => {
  it('are those of each image that can be read, in order', async () => {
    const { engine, asked } = engineOfFirstValues();
    const extractor = await FeatureExtractor.create(engine, network);
    const progress: number[] = [];
    const { features, images, unreadable } = await extractor.extract(datasetOf(levels), (done) => progress.push(done));
    expect([features.rows, features.dim, features.data.length]).toEqual([147, 2, 294]);
    expect([...images]).toEqual(readable);
    const wanted = readable.flatMap((i) => [normalized(levels[i] as number), 1]);
    expect([...features.data]).toEqual(wanted.map((value) => expect.closeTo(value, 5)));
    expect(unreadable.map(({ item }) => item)).toEqual(['image 3', 'image 64', 'image 149']);
    expect(progress).toEqual([64, 128, 150]);
    // Every call is of the compiled size; what is not filled is 0.
    expect(asked.calls.map((inputs) => inputs['images']?.shape)).toEqual(new Array(3).fill([64, 3, 8, 8]));
    expect(asked.calls[2]?.['images']?.data.at(-1)).toBe(0);
    expect(Object.keys(asked.state)).toEqual(['backbone.norm.bias']);
  });

  it('are read a batch ahead, and no further', async () => {
    const { engine, asked } = engineOfFirstValues();
    let [read, mostAhead] = [0, 0];
    const dataset = datasetOf([], {
      size: 300,
      read: async () => {
        read++;
        mostAhead = Math.max(mostAhead, read - 64 * asked.calls.length);
        return plain(9);
      },
    });
    const extractor = await FeatureExtractor.create(engine, network);
    expect((await extractor.extract(dataset)).features.rows).toBe(300);
    expect(read).toBe(300);
    expect(mostAhead).toBe(128);
    await extractor.dispose();
    expect(asked.disposed).toBe(1);
  });

  it('come batch by batch from any image on, each with the images that it is of', async () => {
    const { engine } = engineOfFirstValues();
    const extractor = await FeatureExtractor.create(engine, network);
    const torn = levels.map((level, i) => (i === 70 ? undefined : level));
    const seen: unknown[] = [];
    for await (const { features, images, unreadable, done } of extractor.batches(datasetOf(torn), 64))
      seen.push([features.rows, images[0], images.at(-1), unreadable.map(({ image }) => image), done]);
    expect(seen).toEqual([
      [62, 65, 127, [64, 70], 128],
      [21, 128, 148, [149], 150],
    ]);
    for await (const _ of extractor.batches(datasetOf(torn), 150)) throw new Error('there is no image left');
    const small = await FeatureExtractor.create(engine, network, { batch: 2 });
    const done: number[] = [];
    await small.extract(datasetOf([1, 2, 3, 4]), (images) => done.push(images));
    expect(done).toEqual([2, 4]);
  });

  it('are computed in the pieces in which the engine is fastest, and come in their order', async () => {
    const { engine, asked } = engineOfFirstValues();
    const compiled: [Program, CompileOptions | undefined][] = [];
    // Three images a call, two calls at once.
    const pieces = { layerSize: 3 * backboneOf(network.backbone).outputSize, calls: 2 };
    const inPieces: Engine = {
      ...engine,
      pieces,
      compile: (program, state, options) => {
        compiled.push([program, options]);
        return engine.compile(program, state, options);
      },
    };
    const extractor = await FeatureExtractor.create(inPieces, network, { batch: 8 });
    const { features } = await extractor.extract(datasetOf([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]));
    const wanted = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100].flatMap((level) => [normalized(level), 1]);
    expect([...features.data]).toEqual(wanted.map((value) => expect.closeTo(value, 5)));
    expect(asked.calls).toHaveLength(4);
    const [program, options] = compiled[0] ?? [];
    expect(program?.inputs['images']?.shape).toEqual([3, 3, 8, 8]);
    expect(options).toEqual({ callsAtOnce: 2 });
    await FeatureExtractor.create({ ...inPieces, pieces: { ...pieces, layerSize: 1 } }, network);
    expect(compiled[1]?.[0].inputs['images']?.shape, 'one image is the least').toEqual([1, 3, 8, 8]);
  });

  it('end with what goes wrong otherwise', async () => {
    const { engine } = engineOfFirstValues();
    const extractor = await FeatureExtractor.create(engine, network);
    const torn = datasetOf(levels, { read: async () => Promise.reject(new Error('the disk is gone')) });
    await expect(extractor.extract(torn)).rejects.toThrow('the disk is gone');
    const silent = {
      ...engine,
      compile: async () => ({ ...(await engine.compile({} as never, {})), call: async () => ({}) }),
    };
    const broken = await FeatureExtractor.create(silent, network);
    await expect(broken.extract(datasetOf([1]))).rejects.toThrow('gave no cls');
  });
});

describe('An embedding', () => {
  it('has rows of length 1, and what the data set tells of each', async () => {
    const { engine, asked } = engineOfFirstValues();
    const made = await embed(datasetOf([undefined, 200, 50]), network, engine, () => undefined);
    expect([...made.images]).toEqual([1, 2]);
    expect(made.names).toEqual(['image 1', 'image 2']);
    expect([...made.labels]).toEqual([1, 0]);
    expect(made.classes).toEqual(['even', 'odd']);
    expect(made.unreadable).toEqual([new UnreadableImageError('image 0', 'it is torn').message]);
    for (const [row, level] of [200, 50].entries()) {
      const [x, y] = made.features.data.slice(2 * row, 2 * row + 2) as unknown as [number, number];
      expect(Math.hypot(x, y)).toBeCloseTo(1, 6);
      expect(x / y).toBeCloseTo(normalized(level), 4);
    }
    expect(asked.disposed).toBe(1);
  });

  it('is of some images when these are chosen, under their own names', async () => {
    const { engine } = engineOfFirstValues();
    const dataset = datasetOf([10, 20, 30, 40, undefined, 60]);
    const progress: number[] = [];
    const chosen = Int32Array.of(5, 4, 2);
    const made = await embed(dataset, network, engine, (done) => progress.push(done), chosen);
    expect([...made.images]).toEqual([5, 2]);
    expect(made.names).toEqual(['image 5', 'image 2']);
    expect([...made.labels]).toEqual([1, 0]);
    expect(made.unreadable[0]).toContain('image 4');
    expect(progress).toEqual([3]);
    const ratio = (row: number) =>
      (made.features.data[2 * row] as number) / (made.features.data[2 * row + 1] as number);
    expect([ratio(0), ratio(1)]).toEqual([60, 30].map((level) => expect.closeTo(normalized(level), 4)));
  });

  it('has no labels where there are no classes', async () => {
    const { engine } = engineOfFirstValues();
    const dataset = datasetOf([1, 2], { classes: undefined, labelOf: () => undefined });
    const { labels, classes } = await embed(dataset, network, engine, () => undefined);
    expect([[...labels], classes]).toEqual([[-1, -1], []]);
  });

  it('is none of images of which none can be read', async () => {
    const { engine, asked } = engineOfFirstValues();
    const made = embed(datasetOf([undefined, undefined]), network, engine, () => undefined);
    await expect(made).rejects.toThrow(
      'None of the images in /data can be read: The image image 0 cannot be read: it is torn.',
    );
    expect(asked.disposed).toBe(1);
  });
});

describe('Images spread over a data set', () => {
  it('are evenly spread, from the first on, and all when there are no more', () => {
    const dataset = (size: number) => datasetOf([], { size });
    expect([...spreadImages(dataset(10), 4)]).toEqual([0, 2, 5, 7]);
    expect([...spreadImages(dataset(3), 3)]).toEqual([0, 1, 2]);
    expect([...spreadImages(dataset(3), 100)]).toEqual([0, 1, 2]);
    expect([...spreadImages(dataset(0), 100)]).toEqual([]);
  });
});

it('some images of a data set keep their pixels, names and classes', async () => {
  const chosen = some(datasetOf([10, 20, 30, 40]), Int32Array.of(3, 0));
  expect([chosen.size, chosen.nameOf(0), chosen.nameOf(1)]).toEqual([2, 'image 3', 'image 0']);
  expect([chosen.labelOf(0), chosen.labelOf(1)]).toEqual([1, 0]);
  expect(await chosen.read(0, 3)).toEqual(plain(40));
});
