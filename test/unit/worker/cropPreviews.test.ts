import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type AugmentationSpec, viewsNamed } from '../../../src/data/batch.js';
import { BatchMaker } from '../../../src/data/batchMaker.js';
import { previewCrops } from '../../../src/data/cropPreview.js';
import { openDataset } from '../../../src/data/dataset.js';
import { imageViews } from '../../../src/data/modalities/images.js';
import { normalize } from '../../../src/data/normalize.js';
import { CropPreviews } from '../../../src/worker/cropPreviews.js';
import { gradient, idx, noise, noiseImage, temporaryFolder, writeFiles, writePngs } from '../data/images.js';

const augmentation: AugmentationSpec = {
  crops: 'multi-crop',
  globalCropsScale: [0.4, 1],
  localCropsScale: [0.05, 0.4],
  blurRadius: [0.1, 2],
  jitterStrength: 1,
  solarizeProbability: 0.2,
  localCropsNumber: 3,
  imageSize: 24,
  localSize: 12,
  channels: 3,
};

describe('the preview of a batch', () => {
  test.each([1, 3])('shows the crops that training is given, bit for bit (%i channels)', async (channels) => {
    const folder = temporaryFolder();
    await writePngs(folder, 9, 40);
    const dataset = await openDataset(folder);
    const [seed, epoch, iteration, batchSize] = [5, 2, 1, 4];
    const spec = { ...augmentation, channels };
    const maker = new BatchMaker({
      modality: dataset.modality,
      source: dataset.source,
      size: dataset.size,
      views: imageViews(spec),
      batchSize,
      seed,
      maxUnreadable: 0,
      kept: undefined,
    });
    const batch = await maker.make({ epoch, iteration });

    const previews = new CropPreviews();
    const fingerprint = dataset.fingerprint;
    const { images } = await previews.batchImages({ data: folder, fingerprint, seed, epoch, iteration, batchSize });
    expect(images.map(({ index }) => index)).toEqual([...batch.items]);
    expect(images.map(({ name }) => name)).toEqual([...batch.items].map((index) => dataset.nameOf(index)));

    for (const [place, { index }] of images.entries()) {
      const image = { kind: 'dataset', path: folder, index } as const;
      const { records, pixels } = await previews.crops({ image, augmentation: spec, seed, epoch });
      let start = 0;
      records.forEach(({ kind, size }, crop) => {
        const floats = channels * size * size;
        const shown = new Float32Array(floats);
        normalize(pixels.subarray(start, start + floats), channels, size * size, shown, 0);
        const [trained, position] =
          kind === 'global'
            ? [viewsNamed(batch.views, 'globals'), crop]
            : [viewsNamed(batch.views, 'locals'), crop - 2];
        const from = (position * batchSize + place) * floats;
        expect(Buffer.from(shown.buffer).equals(Buffer.from(trained.slice(from, from + floats).buffer))).toBe(true);
        start += floats;
      });
      expect(start).toBe(pixels.length);
    }
  });

  test('is refused when images came or went since the run began', async () => {
    const folder = temporaryFolder();
    await writePngs(folder, 3);
    const request = { data: folder, fingerprint: 'another', seed: 0, epoch: 0, iteration: 0, batchSize: 2 };
    await expect(new CropPreviews().batchImages(request)).rejects.toThrow(
      `The images in ${folder} are not those that the run was started with (now 3)`,
    );
  });

  test('knows the images of an IDX file', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'train-images-idx3-ubyte': idx([4, 28, 28], noise(4 * 28 * 28, 1)) });
    const { fingerprint } = await openDataset(folder);
    const previews = new CropPreviews();
    const { images } = await previews.batchImages({
      data: folder,
      fingerprint,
      seed: 0,
      epoch: 0,
      iteration: 1,
      batchSize: 2,
    });
    expect(images).toHaveLength(2);
    const [{ index } = { index: -1 }] = images;
    const { width, height, shown } = await previews.image({
      image: { kind: 'dataset', path: folder, index },
      channels: 1,
    });
    expect([width, height, shown.pixels.length]).toEqual([28, 28, 28 * 28 * 3]);
  });
});

describe('the preview of an image', () => {
  const image = noiseImage(60, 40, 3, 1);
  const draw = { seed: 0, epoch: 0, image: 0 };

  test('is another one with another draw, and the same with the same', () => {
    const first = previewCrops(image, augmentation, draw);
    expect(previewCrops(image, augmentation, draw)).toEqual(first);
    expect(previewCrops(image, augmentation, { ...draw, epoch: 1 }).records).not.toEqual(first.records);
  });

  test('keeps the crops where they are when their number, their size or the blur changes', () => {
    // What a slider changes is then all that changes on the screen.
    const boxes = (spec: AugmentationSpec) => previewCrops(image, spec, draw).records.map(({ box }) => box);
    const before = boxes(augmentation);
    expect(boxes({ ...augmentation, localCropsNumber: 5 }).slice(0, 5)).toEqual(before);
    expect(boxes({ ...augmentation, imageSize: 32, localSize: 8, blurRadius: [1, 3] })).toEqual(before);
  });

  test('is reduced to the screen, in its proportions, and told in its own pixels', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'wide.jpg');
    await gradient(1600, 500).jpeg().toFile(path);
    const reference = { kind: 'file', path } as const;
    const { width, height, shown } = await new CropPreviews().image({ image: reference, channels: 3 });
    expect([width, height, shown.width, shown.height]).toEqual([1600, 500, 800, 250]);
    const at = (x: number, y: number) => [...shown.pixels.subarray((y * 800 + x) * 3, (y * 800 + x) * 3 + 3)];
    expect(at(780, 10)[0]).toBeGreaterThan(230);
    expect(at(10, 240)[1]).toBeGreaterThan(230);
  });

  test('follows the file: changed, then gone', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'one.png');
    await gradient(30, 30).png().toFile(path);
    const previews = new CropPreviews();
    const request = { image: { kind: 'file', path }, augmentation, seed: 0, epoch: 0 } as const;
    expect((await previews.crops(request)).width).toBe(30);
    await gradient(44, 30).png().toFile(path);
    expect((await previews.crops(request)).width).toBe(44);
    writeFiles(folder, { 'one.png': 'no image' });
    await expect(previews.crops(request)).rejects.toThrow('The image one.png cannot be read: it is not a PNG');
  });
});
