import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cropViews, drawCrop, makeCrop, renderCrop } from '../../../src/data/augmentation.js';
import type { AugmentationSpec } from '../../../src/data/batch.js';
import { cropStream, epochOrder, uniform } from '../../../src/data/randomness.js';
import { drawBox } from '../../../src/data/resizedCrop.js';
import { fingerprint, noiseImage } from './images.js';

const spec: AugmentationSpec = {
  crops: 'multi-crop',
  globalCropsScale: [0.4, 1],
  localCropsScale: [0.05, 0.4],
  blurRadius: [0.1, 2],
  jitterStrength: 1,
  solarizeProbability: 0.2,
  localCropsNumber: 4,
  imageSize: 32,
  localSize: 16,
  channels: 3,
};
const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe('randomness', () => {
  test('a stream depends on each of its four words', () => {
    const first = (...words: [number, number, number, number]) => uniform(cropStream(...words), 0, 1);
    const base = [7, 3, 11, 2] as const;
    expect(first(...base)).toBe(first(...base));
    const others = [
      first(7 + 2 ** 32, 3, 11, 2),
      first(8, 3, 11, 2),
      first(7, 4, 11, 2),
      first(7, 3, 12, 2),
      first(7, 3, 11, 3),
      first(7, 11, 3, 2),
    ];
    expect(new Set([first(...base), ...others]).size).toBe(7);
  });

  test('streams of neighboring crops are uniform together', () => {
    const draws = Array.from({ length: 20_000 }, (_, index) => uniform(cropStream(0, 0, index, 0), 0, 1));
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const squares = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
    expect(mean).toBeCloseTo(0.5, 2);
    expect(squares).toBeCloseTo(1 / 12, 2);
  });

  test('an epoch visits every image once, each epoch in another order', () => {
    fc.assert(
      fc.property(seeds, fc.nat(1000), fc.integer({ min: 1, max: 300 }), (seed, epoch, size) => {
        const order = epochOrder(seed, epoch, size);
        expect([...order].sort((one, other) => one - other)).toEqual(Array.from({ length: size }, (_, index) => index));
        expect(epochOrder(seed, epoch, size)).toEqual(order);
      }),
      { numRuns: 50 },
    );
    expect(epochOrder(1, 0, 100)).not.toEqual(epochOrder(1, 1, 100));
    expect(epochOrder(1, 0, 100)).not.toEqual(epochOrder(2, 0, 100));
  });
});

describe('resized crop', () => {
  test('the box lies in the image, whatever its shape', () => {
    const side = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 20_000 }));
    fc.assert(
      fc.property(seeds, side, side, fc.double({ min: 0.01, max: 1, noNaN: true }), (seed, width, height, smallest) => {
        const box = drawBox(cropStream(seed, 0, 0, 0), width, height, [smallest, 1]);
        expect(box.width).toBeGreaterThanOrEqual(1);
        expect(box.height).toBeGreaterThanOrEqual(1);
        expect(box.left).toBeGreaterThanOrEqual(0);
        expect(box.top).toBeGreaterThanOrEqual(0);
        expect(box.left + box.width).toBeLessThanOrEqual(width);
        expect(box.top + box.height).toBeLessThanOrEqual(height);
      }),
    );
  });

  test('areas and ratios keep to their ranges and reach both ends of them', () => {
    const boxes = Array.from({ length: 2000 }, (_, index) =>
      drawBox(cropStream(0, 0, index, 0), 1000, 1000, [0.05, 0.4]),
    );
    const areas = boxes.map((box) => (box.width * box.height) / 1e6);
    const ratios = boxes.map((box) => box.width / box.height);
    expect(Math.min(...areas)).toBeGreaterThan(0.049);
    expect(Math.min(...areas)).toBeLessThan(0.055);
    expect(Math.max(...areas)).toBeLessThan(0.402);
    expect(Math.max(...areas)).toBeGreaterThan(0.395);
    expect(Math.min(...ratios)).toBeGreaterThan(0.74);
    expect(Math.max(...ratios)).toBeLessThan(1.35);
    // Log-uniform: as many wide boxes as narrow ones.
    expect(ratios.filter((ratio) => ratio > 1).length / ratios.length).toBeCloseTo(0.5, 1);
  });

  test('an image that no ratio fits gives its largest central box', () => {
    expect(drawBox(cropStream(0, 0, 0, 0), 20_000, 10, [0.4, 1])).toEqual({
      left: 9993,
      top: 0,
      width: 13,
      height: 10,
    });
    expect(drawBox(cropStream(0, 0, 0, 0), 30, 9000, [0.4, 1])).toEqual({ left: 0, top: 4480, width: 30, height: 40 });
  });
});

test('a single crop is resized and flipped, and nothing else', () => {
  const [view, ...others] = cropViews({
    ...{ ...spec, crops: 'single', globalCropsScale: [0.08, 1], jitterStrength: 0, solarizeProbability: 0 },
  });
  expect(others).toEqual([]);
  if (view === undefined) throw new Error('there is no crop');
  const image = noiseImage(60, 50, 3, 1);
  const records = Array.from({ length: 200 }, (_, index) => drawCrop(view, image, cropStream(0, 0, index, 0)));
  for (const record of records) expect(record).toMatchObject({ gray: false, solarized: false, blurRadius: undefined });
  expect(records.filter(({ flipped }) => flipped).length).toBeGreaterThan(70);
  const shares = records.map(({ box: { width, height } }) => (width * height) / (60 * 50));
  expect(Math.min(...shares)).toBeLessThan(0.2);
  expect(Math.max(...shares)).toBeGreaterThan(0.8);
});

describe('multi-crop', () => {
  const views = cropViews(spec);
  const image = noiseImage(60, 50, 3, 1);

  test('the crops are two global ones, then the local ones', () => {
    expect(views.map((view) => [view.kind, view.size, view.blurProbability, view.solarizeProbability])).toEqual([
      ['global', 32, 1, 0],
      ['global', 32, 0.1, 0.2],
      ...Array(4).fill(['local', 16, 0.5, 0]),
    ]);
  });

  test('each choice is made as often as the original makes it', () => {
    const draws = 3000;
    const records = views.map((view, crop) =>
      Array.from({ length: draws }, (_, index) => drawCrop(view, image, cropStream(0, 0, index, crop))),
    );
    const [global1 = [], global2 = [], local = []] = records;
    const share = (list: typeof global1, chosen: (record: (typeof global1)[number]) => boolean) =>
      list.filter(chosen).length / draws;
    const close = (actual: number, expected: number) => expect(Math.abs(actual - expected)).toBeLessThan(0.03);
    for (const list of [global1, global2, local]) {
      close(
        share(list, (record) => record.flipped),
        0.5,
      );
      close(
        share(list, (record) => record.jitter !== undefined),
        0.8,
      );
      close(
        share(list, (record) => record.gray),
        0.2,
      );
    }
    close(
      share(global1, (record) => record.blurRadius !== undefined),
      1,
    );
    close(
      share(global2, (record) => record.blurRadius !== undefined),
      0.1,
    );
    close(
      share(local, (record) => record.blurRadius !== undefined),
      0.5,
    );
    close(
      share(global1, (record) => record.solarized),
      0,
    );
    close(
      share(global2, (record) => record.solarized),
      0.2,
    );
    close(
      share(local, (record) => record.solarized),
      0,
    );

    const jitters = global1.flatMap((record) => record.jitter ?? []);
    expect(new Set(jitters.map((jitter) => jitter.order.join())).size).toBe(24);
    const ranges = { brightness: [0.6, 1.4], contrast: [0.6, 1.4], saturation: [0.8, 1.2], hue: [-0.1, 0.1] } as const;
    for (const name of ['brightness', 'contrast', 'saturation', 'hue'] as const) {
      const values = jitters.map((jitter) => jitter[name]);
      const [low, high] = ranges[name];
      expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
      expect(Math.max(...values)).toBeLessThanOrEqual(high);
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(0.95 * (high - low));
    }
    const radii = global1.map((record) => record.blurRadius ?? 0);
    expect(Math.min(...radii)).toBeGreaterThanOrEqual(0.1);
    expect(Math.max(...radii)).toBeLessThanOrEqual(2);
  });

  test('the strengths that settings give', () => {
    const records = (settings: Partial<AugmentationSpec>, crop: number) => {
      const view = cropViews({ ...spec, ...settings })[crop];
      if (view === undefined) throw new Error('no such crop');
      const image = { width: 64, height: 48, channels: 3 };
      return Array.from({ length: 300 }, (_, index) => drawCrop(view, image, cropStream(5, 0, index, crop)));
    };
    expect(records({ jitterStrength: 0 }, 0).some(({ jitter }) => jitter !== undefined)).toBe(false);
    const twice = records({ jitterStrength: 2 }, 0).map(({ jitter }) => jitter);
    for (const [image, { jitter }] of records({}, 0).entries()) {
      // The same draws, twice as far from what changes nothing.
      expect(twice[image]?.order).toEqual(jitter?.order);
      if (jitter === undefined) continue;
      expect(twice[image]?.brightness).toBeCloseTo(2 * jitter.brightness - 1);
      expect(twice[image]?.hue).toBeCloseTo(2 * jitter.hue);
    }
    for (const { jitter } of records({ jitterStrength: 5 }, 0)) expect(jitter?.contrast ?? 1).toBeGreaterThanOrEqual(0);
    expect(records({ solarizeProbability: 1 }, 1).every(({ solarized }) => solarized)).toBe(true);
    expect(records({ solarizeProbability: 0 }, 1).some(({ solarized }) => solarized)).toBe(false);
    expect(records({ solarizeProbability: 1 }, 2).some(({ solarized }) => solarized)).toBe(false);
  });

  test('a crop is what its record renders to, normalized', () => {
    const [view] = views;
    if (view === undefined) throw new Error('no view');
    const crop = new Float32Array(3 * 32 * 32 + 1);
    const record = makeCrop(image, view, cropStream(5, 1, 2, 0), crop, 1);
    const pixels = new Uint8ClampedArray(32 * 32 * 3);
    renderCrop(image, record, pixels);
    const again = new Uint8ClampedArray(32 * 32 * 3);
    renderCrop(image, structuredClone(record), again);
    expect(fingerprint(again)).toBe(fingerprint(pixels));
    const std = [0.229, 0.224, 0.225];
    const mean = [0.485, 0.456, 0.406];
    for (const [channel, at] of [
      [0, 0],
      [1, 77],
      [2, 1023],
    ] as const) {
      const expected = ((pixels[at * 3 + channel] ?? 0) / 255 - (mean[channel] ?? 0)) / (std[channel] ?? 1);
      expect(crop[1 + channel * 1024 + at]).toBeCloseTo(expected, 5);
    }
    expect(crop[0]).toBe(0);
  });

  test('flipping is a mirror image, gray has equal channels, solarizing leaves nothing bright', () => {
    const plain = {
      kind: 'global',
      size: 32,
      box: { left: 3, top: 2, width: 40, height: 41 },
      flipped: false,
      jitter: undefined,
      gray: false,
      blurRadius: undefined,
      solarized: false,
    } as const;
    const render = (change: object) => {
      const pixels = new Uint8ClampedArray(32 * 32 * 3);
      renderCrop(image, { ...plain, ...change }, pixels);
      return pixels;
    };
    const straight = render({});
    const flipped = render({ flipped: true });
    expect([...flipped.subarray(0, 3)]).toEqual([...straight.subarray(31 * 3, 32 * 3)]);
    const gray = render({ gray: true });
    expect(gray.every((value, at) => value === gray[at - (at % 3)])).toBe(true);
    expect(Math.max(...render({ solarized: true }))).toBeLessThan(128);
  });

  test('one channel: no saturation, no hue, and finite values', () => {
    const gray = noiseImage(28, 28, 1, 3);
    for (let image = 0; image < 50; image++) {
      const [view] = views;
      if (view === undefined) throw new Error('no view');
      const crop = new Float32Array(32 * 32);
      const record = makeCrop(gray, view, cropStream(0, 0, image, 0), crop, 0);
      expect(record.jitter?.order.every((name) => name === 'brightness' || name === 'contrast') ?? true).toBe(true);
      expect(crop.every((value) => value >= -2 && value <= 2.5)).toBe(true);
    }
  });

  test.each([
    [1, 1],
    [20_000, 10],
    [3, 2000],
  ])('an image of %i x %i gives whole crops', (width, height) => {
    const odd = noiseImage(width, height, 3, 1);
    for (const [crop, view] of views.entries()) {
      const floats = new Float32Array(3 * view.size ** 2).fill(Number.NaN);
      makeCrop(odd, view, cropStream(0, 0, 0, crop), floats, 0);
      expect(floats.every(Number.isFinite)).toBe(true);
    }
  });
});
