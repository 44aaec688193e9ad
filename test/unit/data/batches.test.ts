import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Batch, viewsNamed } from '../../../src/data/batch.js';
import { type Batches, type BatchOptions, openBatches } from '../../../src/data/batches.js';
import { openDataset } from '../../../src/data/dataset.js';
import { imageViews } from '../../../src/data/modalities/images.js';
import { epochOrder } from '../../../src/data/randomness.js';
import { gradient, idx, noise, temporaryFolder, writeFiles, writePngs } from './images.js';

const workerFile = resolve('dist/cropWorker.cjs');
const augmentation = {
  crops: 'multi-crop',
  globalCropsScale: [0.4, 1],
  localCropsScale: [0.05, 0.4],
  blurRadius: [0.1, 2],
  jitterStrength: 1,
  solarizeProbability: 0.2,
  localCropsNumber: 2,
  imageSize: 16,
  localSize: 8,
  channels: 3,
} as const;
const defaults = {
  views: imageViews(augmentation),
  batchSize: 4,
  seed: 3,
  workers: 1,
  startEpoch: 0,
  startIteration: 0,
  maxUnreadableShare: 0.1,
  cacheBytes: 2 ** 20,
  workerFile,
} as const;

beforeAll(() => {
  if (!existsSync(workerFile)) throw new Error('Build first: npm run build.');
});

const opened: Batches[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((batches) => batches.close()));
});

async function open(path: string, options: Partial<BatchOptions> = {}): Promise<Batches> {
  const batches = openBatches({ ...defaults, dataset: await openDataset(path), ...options });
  opened.push(batches);
  return batches;
}

/** A file for the threads; `mark(text)` leaves a mark. */
function writeWorker(source: string): { readonly file: string; marks(): string[] } {
  const file = join(temporaryFolder(), 'worker.cjs');
  const marks = join(temporaryFolder(), 'marks');
  const mark = `const mark = (text) => require('node:fs').appendFileSync(${JSON.stringify(marks)}, text + '\\n');`;
  writeFileSync(file, `${mark} ${source}`);
  return { file, marks: () => (existsSync(marks) ? readFileSync(marks, 'utf8').trim().split('\n') : []) };
}

/** As long as a pool takes that starts a thread anew whenever it dies, and does so ten times. */
async function tenThreadsDied(): Promise<void> {
  const source = "setTimeout(() => { throw new Error('too much'); }, 50);";
  for (let died = 0; died < 10; died++)
    await new Promise((resolve) => new Worker(source, { eval: true }).once('error', resolve));
}

async function take(batches: Batches, count: number): Promise<Batch[]> {
  const taken: Batch[] = [];
  for (let index = 0; index < count; index++) taken.push(await batches.next());
  return taken;
}

function contents({ epoch, iteration, items, views }: Batch) {
  return {
    epoch,
    iteration,
    items: [...items],
    globals: Buffer.from(viewsNamed(views, 'globals').buffer),
    locals: Buffer.from(viewsNamed(views, 'locals').buffer),
  };
}

describe('batches', () => {
  test('are the same with one thread and with two, in order, over the end of an epoch', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 11);
    const one = await take(await open(folder, { workers: 1 }), 5);
    const two = await take(await open(folder, { workers: 2 }), 5);
    expect(two.map(contents)).toEqual(one.map(contents));
    expect(one.map(({ epoch, iteration }) => [epoch, iteration])).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
      [2, 0],
    ]);
    expect(one.flatMap((batch) => [...batch.items]).slice(0, 8)).toEqual([...epochOrder(3, 0, 11).subarray(0, 8)]);
    expect(one[0]?.views['globals']?.length).toBe(2 * 4 * 3 * 16 * 16);
    expect(one[0]?.views['locals']?.length).toBe(2 * 4 * 3 * 8 * 8);
  });

  test('are the same where they are written over batches that were given back', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 11);
    const expected = await take(await open(folder, { workers: 2 }), 7);
    const batches = await open(folder, { workers: 2 });
    const given: Batch[] = [];
    for (const one of expected) {
      const batch = await batches.next();
      expect(contents(batch)).toEqual(contents(one));
      batches.giveBack(batch);
      given.push(batch);
    }
    // Whoever still reads it finds nothing, and not another batch.
    expect(given[0]?.views['globals']?.length).toBe(0);
    for (const batch of given) expect(() => batches.giveBack(batch)).toThrow('given back before');
  });

  test('go on where a stopped run was', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 9);
    const whole = await take(await open(folder), 4);
    const resumed = await take(await open(folder, { startEpoch: 1, startIteration: 1 }), 1);
    expect(resumed.map(contents)).toEqual(whole.slice(3).map(contents));
    const atTheEnd = await take(await open(folder, { startEpoch: 0, startIteration: 2 }), 1);
    expect(atTheEnd.map(contents)).toEqual(whole.slice(2, 3).map(contents));
  });

  test('depend on the seed', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 4);
    const [one] = await take(await open(folder, { seed: 1 }), 1);
    const [other] = await take(await open(folder, { seed: 2 }), 1);
    expect(other?.views['globals']).not.toEqual(one?.views['globals']);
  });

  test('are packed crop by crop: an image has the same crops wherever it stands in the batch', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 6);
    const [small] = await take(await open(folder, { batchSize: 3 }), 1);
    const [large] = await take(await open(folder, { batchSize: 6 }), 1);
    if (small === undefined || large === undefined) throw new Error('no batch');
    const floats = 3 * 16 * 16;
    for (let crop = 0; crop < 2; crop++) {
      for (let place = 0; place < 3; place++) {
        const inSmall = viewsNamed(small.views, 'globals').subarray(
          (crop * 3 + place) * floats,
          (crop * 3 + place + 1) * floats,
        );
        const inLarge = viewsNamed(large.views, 'globals').subarray(
          (crop * 6 + place) * floats,
          (crop * 6 + place + 1) * floats,
        );
        expect(inLarge).toEqual(inSmall);
      }
    }
  });

  test('come from IDX files, in one channel and in three', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'train-images-idx3-ubyte': idx([8, 9, 9], noise(8 * 81, 1)) });
    const [gray] = await take(await open(folder, { views: imageViews({ ...augmentation, channels: 1 }) }), 1);
    expect(gray?.views['globals']?.length).toBe(2 * 4 * 16 * 16);
    const [rgb] = await take(await open(folder), 1);
    expect(rgb?.views['globals']?.length).toBe(2 * 4 * 3 * 16 * 16);
    expect(rgb?.views['globals']?.every(Number.isFinite)).toBe(true);
  });

  test('have no local crops when none are asked for', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 4);
    const [batch] = await take(await open(folder, { views: imageViews({ ...augmentation, localCropsNumber: 0 }) }), 1);
    expect(batch?.views['locals']?.length).toBe(0);
  });

  test('end with the last epoch, and when they are closed', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 8);
    const batches = await open(folder, { epochs: 1 });
    expect(batches.iterationsPerEpoch).toBe(2);
    await take(batches, 2);
    expect(batches.viewsPerSecond).toBeGreaterThan(0);
    await expect(batches.next()).rejects.toThrow('There is no batch after the last epoch (1).');
    const others = await open(folder);
    await others.close();
    await expect(others.next()).rejects.toThrow('The batches have been closed.');
  });

  test('wait ready while the main thread is busy', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 8);
    const real = `require(${JSON.stringify(workerFile)}).default`;
    const worker = writeWorker(
      `module.exports = async (batch) => { const made = await ${real}(batch); mark('made'); return made; };`,
    );
    const batches = await open(folder, { workerFile: worker.file });
    await batches.next();
    // As a step in native code: nothing else runs on this thread meanwhile.
    const clock = new Int32Array(new SharedArrayBuffer(4));
    for (let waits = 0; worker.marks().length < 3 && waits < 10_000; waits++) Atomics.wait(clock, 0, 0, 10);
    expect(worker.marks().length).toBeGreaterThanOrEqual(3);
    await take(batches, 2);
  });

  test('more prefetch than memory allows is not asked for, but one batch always is', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 8);
    const [usual] = await take(await open(folder, { workers: 2 }), 1);
    const [tight] = await take(await open(folder, { workers: 2, maxPrefetchBytes: 1 }), 1);
    expect(tight?.views['globals']).toEqual(usual?.views['globals']);
  });
});

describe('the cache of decoded images', () => {
  test('changes nothing, whether it holds all images, some, or none', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 9);
    const none = await take(await open(folder, { cacheBytes: 0 }), 6);
    const some = await take(await open(folder, { cacheBytes: 6000, workers: 2 }), 6);
    const all = await take(await open(folder, { workers: 2 }), 6);
    expect(some.map(contents)).toEqual(none.map(contents));
    expect(all.map(contents)).toEqual(none.map(contents));
  });

  test('spares reading a file twice', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 4);
    // One thread and one batch ahead: what is asked for later comes after the files are gone.
    const options = { maxPrefetchBytes: 1, maxUnreadableShare: 1 };
    const [cached, uncached] = [await open(folder, options), await open(folder, { ...options, cacheBytes: 0 })];
    await Promise.all([take(cached, 2), take(uncached, 2)]);
    for (let index = 0; index < 4; index++) rmSync(join(folder, `${index}.png`));
    expect((await take(cached, 3)).flatMap((batch) => batch.unreadable)).toEqual([]);
    await expect(take(uncached, 3)).rejects.toThrow('can be read');
  });
});

describe('bad data', () => {
  const broken = 'Dear diary, ...';

  test('a batch larger than the data set', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 3);
    await expect(open(folder)).rejects.toThrow(
      `A batch of 4 images is larger than the data set ${folder}, which has 3;`,
    );
  });

  test('channels that images do not have', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 4);
    expect(() => imageViews({ ...augmentation, channels: 5 })).toThrow('in_chans is 5');
  });

  test('an unreadable image is named once, skipped, and replaced in the same way by any number of threads', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 10);
    writeFileSync(join(folder, '3.png'), broken);
    const jpeg = await gradient(64, 64).jpeg().toBuffer();
    writeFileSync(join(folder, '7.jpg'), jpeg.subarray(0, jpeg.length / 2));
    rmSync(join(folder, '7.png'));
    const one = await take(await open(folder, { maxUnreadableShare: 0.2 }), 6);
    const two = await take(await open(folder, { maxUnreadableShare: 0.2, workers: 2 }), 6);
    expect(two.map(contents)).toEqual(one.map(contents));
    for (const batch of one) {
      expect([...batch.items].filter((image) => image === 3 || image === 7)).toEqual([]);
      expect(new Set(batch.items).size).toBe(4);
    }
    const reported = one.flatMap((batch) => batch.unreadable).sort((a, b) => a.name.localeCompare(b.name));
    expect(reported).toEqual([
      { name: '3.png', reason: 'it is not a PNG, JPEG, WebP, GIF, BMP, TIFF, Netpbm or AVIF image' },
      { name: '7.jpg', reason: expect.stringMatching(/^the file is truncated/) },
    ]);
  });

  test('threads that start do not keep those at work from reading', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 6);
    const dataset = await openDataset(folder);
    for (let pool = 0; pool < 6; pool++) {
      const starting = await open(folder, { workers: 6, cacheBytes: 0 });
      const made = starting.next();
      let isMade = false;
      const ended = () => {
        isMade = true;
      };
      void made.then(ended, ended);
      // It is refused, if at all, in the moment in which a thread loads the decoder.
      while (!isMade) await dataset.read(0, 3);
      expect((await made).unreadable).toEqual([]);
      await starting.close();
    }
  });

  test('more unreadable images than the setting allows stop the run', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 10);
    for (const index of [1, 2]) writeFileSync(join(folder, `${index}.png`), broken);
    const batches = await open(folder);
    const failure = await take(batches, 20).catch((error: unknown) => String(error));
    expect(failure).toMatch(
      /^Error: 2 of the 10 images in .* cannot be read, more than max_unreadable_share \(0\.1\) allows\. The last one is [12]\.png: it is not a PNG.*image\.$/,
    );
    await expect(batches.next()).rejects.toThrow('cannot be read');
  });

  test('fewer readable images than a batch stop the run', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 5);
    for (const index of [0, 1]) writeFileSync(join(folder, `${index}.png`), broken);
    const batches = await open(folder, { maxUnreadableShare: 1 });
    await expect(batches.next()).rejects.toThrow(
      /^Only 3 of the 5 images in .* can be read, fewer than a batch of 4\./,
    );
  });

  test('1 x 1 and 20,000 x 10 images are images', async () => {
    const folder = temporaryFolder();
    await gradient(1, 1).png().toFile(join(folder, 'dot.png'));
    await gradient(20_000, 10).png().toFile(join(folder, 'line.png'));
    const [batch] = await take(await open(folder, { batchSize: 2 }), 1);
    expect(batch?.unreadable).toEqual([]);
    expect(batch?.views['globals']?.every(Number.isFinite)).toBe(true);
  });
});

describe('a thread that dies', () => {
  test.each([
    ['as it starts', "mark('start'); throw new Error('no such library');", 'no such library'],
    ['at a batch', "mark('start'); module.exports = () => process.exit(7);", 'worker exited with code: 7'],
    [
      'of itself, at a batch or without one',
      "mark('start'); setTimeout(() => { throw new Error('too much'); }, 50); module.exports = () => new Promise(() => {});",
      'too much',
    ],
  ])('%s ends the run, and is not started again and again', async (_, source, cause) => {
    const folder = temporaryFolder();
    await writePngs(folder, 8);
    const worker = writeWorker(source);
    const batches = await open(folder, { workerFile: worker.file });
    // As long as a step is compiled, nobody asks for a batch.
    await expect.poll(() => worker.marks().length).toBeGreaterThan(0);
    await tenThreadsDied();
    const sentence = `A thread that reads the images of ${folder} has died: ${cause}; when memory is short`;
    await expect(batches.next()).rejects.toThrow(sentence);
    await expect(batches.next()).rejects.toThrow(sentence);
    expect(worker.marks().length).toBeLessThan(5);
  });

  test('for want of its file is named', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 8);
    const batches = await open(folder, { workerFile: join(folder, 'nothing.cjs') });
    await expect(batches.next()).rejects.toThrow(/has died: Cannot find module .*nothing\.cjs/);
  });

  test('for want of memory does so at a gigabyte of its own heap', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 8);
    const limit = "require('node:worker_threads').resourceLimits.maxOldGenerationSizeMb";
    const worker = writeWorker(`mark(${limit}); module.exports = () => { throw new Error('done'); };`);
    await expect((await open(folder, { workerFile: worker.file })).next()).rejects.toThrow('has died: done');
    expect(worker.marks()[0]).toBe('1024');
  });
});
