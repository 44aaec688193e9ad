import { rmSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type AugmentationSpec, viewsNamed } from '../../../src/data/batch.js';
import {
  BatchMaker,
  type BatchPlan,
  batchCandidates,
  batchLengths,
  type MadeBatch,
} from '../../../src/data/batchMaker.js';
import { openDataset } from '../../../src/data/dataset.js';
import { reserveDecoded } from '../../../src/data/decodedImages.js';
import { imageViews } from '../../../src/data/modalities/images.js';
import { epochOrder } from '../../../src/data/randomness.js';
import { temporaryFolder, writeFiles } from './images.js';

/** Nothing that would change the color of an image of one color. */
const augmentation: AugmentationSpec = {
  crops: 'multi-crop',
  globalCropsScale: [0.4, 1],
  localCropsScale: [0.05, 0.4],
  localCropsNumber: 2,
  blurRadius: [0.1, 2],
  jitterStrength: 0,
  solarizeProbability: 0,
  imageSize: 6,
  localSize: 4,
  channels: 1,
};
const SEED = 5;
const level = (index: number) => 40 + 10 * index;

/** Gray images, each of its own level; those named are torn. */
async function plan(count: number, batchSize: number, torn: readonly number[] = [], changes: Partial<BatchPlan> = {}) {
  const folder = temporaryFolder();
  for (let index = 0; index < count; index++) {
    const name = `${String(index).padStart(2, '0')}.png`;
    const data = new Uint8Array(64).fill(level(index));
    if (torn.includes(index)) writeFiles(folder, { [name]: 'torn' });
    else
      await sharp(data, { raw: { width: 8, height: 8, channels: 1 } })
        .png()
        .toFile(join(folder, name));
  }
  const { source } = await openDataset(folder);
  const made: BatchPlan = {
    modality: 'images',
    source,
    size: count,
    views: imageViews(augmentation),
    batchSize,
    seed: SEED,
    maxUnreadable: count,
    kept: undefined,
    ...changes,
  };
  return { folder, plan: made };
}

const normalized = (value: number) => (value / 255 - (0.485 + 0.456 + 0.406) / 3) / ((0.229 + 0.224 + 0.225) / 3);

/** Each crop has one value throughout: that of its image. */
function expectCrops({ items, views }: MadeBatch, batchSize: number): void {
  for (const [name, side] of [
    ['globals', 6],
    ['locals', 4],
  ] as const) {
    // biome-ignore format: pairs
    const crops = viewsNamed(views, name);
    expect(crops).toHaveLength(2 * batchSize * side * side);
    crops.forEach((value, i) => {
      const image = items[Math.floor(i / (side * side)) % batchSize] as number;
      if (Math.abs(value - normalized(level(image))) > 1e-5) expect.fail(`value ${i} is not of image ${image}`);
    });
  }
}

describe('A batch', () => {
  it('has the images of its place in the order of the epoch, every crop of all of them together', async () => {
    const { plan: given } = await plan(7, 3);
    const maker = new BatchMaker(given);
    for (const [epoch, iteration] of [
      [0, 0],
      [0, 1],
      [3, 1],
      [0, 0],
    ] as const) {
      // biome-ignore format: pairs
      const batch = await maker.make({ epoch, iteration });
      expect([...batch.items]).toEqual([...epochOrder(SEED, epoch, 7).slice(3 * iteration, 3 * iteration + 3)]);
      expectCrops(batch, 3);
      expect(batch.unreadable).toEqual([]);
      expect(batch.milliseconds).toBeGreaterThan(0);
    }
  });

  it('is the same whoever makes it', async () => {
    const { plan: given } = await plan(5, 2, [], { views: imageViews({ ...augmentation, jitterStrength: 1 }) });
    const one = new BatchMaker(given);
    await one.make({ epoch: 1, iteration: 1 });
    const [first, second] = [
      await one.make({ epoch: 1, iteration: 0 }),
      await new BatchMaker(given).make({ epoch: 1, iteration: 0 }),
    ];
    expect({ ...second, milliseconds: 0 }).toEqual({ ...first, milliseconds: 0 });
    const other = await new BatchMaker({ ...given, seed: SEED + 1 }).make({ epoch: 1, iteration: 0 });
    expect(other.views).not.toEqual(first.views);
  });

  it('is written over every number of the arrays that are given', async () => {
    const { plan: made } = await plan(4, 2);
    const position = { epoch: 0, iteration: 1 };
    const fresh = await new BatchMaker(made).make(position);
    const memory = Object.fromEntries(
      Object.entries(batchLengths(made.views, 2)).map(([name, length]) => [
        name,
        new Float32Array(length).fill(Number.NaN),
      ]),
    );
    const { views } = await new BatchMaker(made).make({ ...position, memory });
    expect(views).toBe(memory);
    expect(views).toEqual(fresh.views);
  });

  it('takes for an image that cannot be read the next in the order, from its start again at its end', async () => {
    const order = [...epochOrder(SEED, 0, 6)];
    const [, second, , , , last] = order as [number, number, number, number, number, number];
    const { plan: given } = await plan(6, 3, [second, last]);
    const maker = new BatchMaker(given);
    const first = await maker.make({ epoch: 0, iteration: 0 });
    expect([...first.items]).toEqual([order[0], order[2], order[3]]);
    expectCrops(first, 3);
    expect(first.unreadable).toEqual([{ index: second, name: `0${second}.png`, reason: expect.any(String) }]);
    const next = await maker.make({ epoch: 0, iteration: 1 });
    expect([...next.items]).toEqual([order[3], order[4], order[0]]);
    expect(next.unreadable.map(({ index }) => index)).toEqual([last]);
  });

  it('is given up when more cannot be read than may be', async () => {
    const { plan: given } = await plan(6, 3, [0, 1, 2, 3, 4, 5], { maxUnreadable: 2 });
    expect((await new BatchMaker(given).make({ epoch: 0, iteration: 0 })).unreadable).toHaveLength(3);
    const { plan: few } = await plan(4, 3, [0, 1]);
    const { unreadable, items } = await new BatchMaker(few).make({ epoch: 0, iteration: 0 });
    expect(unreadable).toHaveLength(2);
    expect(new Set(items.slice(0, 2))).toEqual(new Set([2, 3]));
  });

  it('reads no image again that it knows to be torn, or has kept', async () => {
    const { folder, plan: given } = await plan(4, 3, [1], { kept: reserveDecoded(4, 1, 10_000) });
    const maker = new BatchMaker(given);
    for (const iteration of [0, 1]) await maker.make({ epoch: 0, iteration });
    rmSync(folder, { recursive: true });
    const batch = await maker.make({ epoch: 1, iteration: 0 });
    expectCrops(batch, 3);
    expect(new Set(batch.items)).toEqual(new Set([0, 2, 3]));
    // Without memory for decoded images there is nothing left of them.
    const forgetful = new BatchMaker({ ...given, kept: undefined });
    expect((await forgetful.make({ epoch: 1, iteration: 0 })).unreadable).toHaveLength(4);
  });

  it('ends with what goes wrong otherwise', async () => {
    const { plan: given } = await plan(3, 2, [], {
      kept: { ...reserveDecoded(3, 1, 640), places: new SharedArrayBuffer(4) },
    });
    await expect(new BatchMaker(given).make({ epoch: 0, iteration: 0 })).rejects.toThrow(RangeError);
  });
});

describe('The candidates for a batch', () => {
  it('are all images once, from its own on', () => {
    const order = Int32Array.of(4, 2, 0, 3, 1);
    expect([...batchCandidates(order, 0, 2)]).toEqual([4, 2, 0, 3, 1]);
    expect([...batchCandidates(order, 1, 2)]).toEqual([0, 3, 1, 4, 2]);
  });
});

describe('The arrays of a batch', () => {
  it('have room for every crop', () => {
    const spec = { ...augmentation, channels: 3, localCropsNumber: 8, imageSize: 224, localSize: 96 };
    expect(batchLengths(imageViews(spec), 64)).toEqual({
      globals: 2 * 64 * 3 * 224 * 224,
      locals: 8 * 64 * 3 * 96 * 96,
    });
  });
});
