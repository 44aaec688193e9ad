import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { headAttention, headMap } from '../../../src/attention/attentionMaps.js';
import { attentionMask } from '../../../src/attention/attentionMask.js';
import type { ImageMap } from '../../../src/attention/imageMap.js';
import {
  coverWithHeat,
  drawBeside,
  drawMaps,
  everyHead,
  grid,
  rangeOf,
} from '../../../src/evaluation/attentionImage.js';
import { readSafetensors } from '../../../src/weights/safetensors.js';

describe('attention mask', () => {
  const outputs = readSafetensors('test/reference/tiny-vit/outputs.safetensors');

  it.each([0.6, 0.8])("keeps the original's patches for a share of %f", (share) => {
    const native = outputs['attention_native'];
    const [, heads = 0, tokens = 0] = native?.shape ?? [];
    // Image 0, each head's first row (the CLS token's) without its attention to itself.
    const attention = Float32Array.from({ length: heads * (tokens - 1) }, (_, i) => {
      const head = Math.floor(i / (tokens - 1));
      return native?.data[head * tokens * tokens + 1 + (i % (tokens - 1))] ?? Number.NaN;
    });
    expect([...attentionMask(attention, heads, share)]).toEqual([...(outputs[`mask_keep${share}`]?.data ?? [])]);
  });

  it('keeps everything for a share of 1 and refuses a share of 0', () => {
    expect([...attentionMask(Float32Array.of(0.1, 0.2, 0.3), 1, 1)]).toEqual([1, 1, 1]);
    expect(() => attentionMask(Float32Array.of(1), 1, 0)).toThrow('must be in (0, 1], got 0');
  });
});

describe('attention image', () => {
  // Two heads on 2 x 2 patches of 8 pixels: head 0 looks at the first patch alone, head 1 at the last.
  const maps = {
    heads: 2,
    rows: 2,
    columns: 2,
    attention: Float32Array.of(1, 0, 0, 0, 0, 0, 0, 1),
    image: new Uint8Array(16 * 16 * 3).fill(100),
    width: 16,
    height: 16,
  };

  it('means over the heads', () => {
    expect([...headAttention(maps, 'mean')]).toEqual([0.5, 0, 0, 0.5]);
  });

  it('shows the image, the mean and the heads, brightest where they look', async () => {
    const { data, info } = await sharp(await drawMaps(everyHead(maps), { opacity: 1 }))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const tile = 160;
    expect([info.width, info.height]).toEqual([4 * tile + 3 * 6, tile]);
    const at = (column: number, x: number, y: number): number[] => {
      const place = (y * info.width + column * (tile + 6) + x) * info.channels;
      return [...data.subarray(place, place + 3)];
    };
    const [dark, bright] = [
      [0, 0, 4],
      [252, 255, 164],
    ];
    expect(at(0, 10, 10)).toEqual([100, 100, 100]);
    expect([at(1, 10, 10), at(1, 150, 10), at(1, 150, 150)]).toEqual([bright, dark, bright]);
    expect([at(2, 10, 10), at(2, 150, 150)]).toEqual([bright, dark]);
    expect([at(3, 10, 10), at(3, 150, 150)]).toEqual([dark, bright]);
  });

  it('shows the mean beside the image in a file small enough for a hover', async () => {
    const { data, info } = await sharp(await drawBeside(headMap(maps, 'mean'), { width: 160, height: 160 }, 1))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([326, 160]);
    const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * info.channels).subarray(0, 3)];
    expect(at(10, 10)).toEqual([100, 100, 100]);
    // In 256 colors, so about these.
    const isNear = (pixel: number[], wanted: number[]) =>
      pixel.every((value, i) => Math.abs(value - (wanted[i] ?? 0)) < 4);
    expect(at(176, 10)).toSatisfy((pixel: number[]) => isNear(pixel, [252, 255, 164]));
    expect(at(310, 10)).toSatisfy((pixel: number[]) => isNear(pixel, [0, 0, 4]));
    expect(at(310, 150)).toSatisfy((pixel: number[]) => isNear(pixel, [252, 255, 164]));
  });

  it('keeps patches squares where it is enlarged, and the mean of what it leaves out where it is reduced', async () => {
    const levels = async (image: ImageMap, side: number, places: readonly number[]) => {
      const { data, info } = await sharp(await drawBeside(image, { width: side, height: side }, 1))
        .raw()
        .toBuffer({ resolveWithObject: true });
      return places.map((x) => data[x * info.channels] ?? Number.NaN);
    };
    const enlarged = await levels(headMap(maps, 'mean'), 160, [166 + 79, 166 + 80]);
    expect(enlarged[0]).toBeGreaterThan(240);
    expect(enlarged[1]).toBeLessThan(10);
    // Columns of black and white by turns.
    const stripes = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (Math.floor(i / 3) % 2 === 0 ? 0 : 255));
    const reduced = await levels({ ...headMap(maps, 'mean'), image: stripes }, 8, [3, 4]);
    for (const level of reduced) expect(Math.abs(level - 127.5)).toBeLessThan(30);
  });

  it('adds a row of masks for a threshold, darkening what is left out', async () => {
    const { data, info } = await sharp(await drawMaps(everyHead(maps), { threshold: 0.6 }))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([4 * 160 + 3 * 6, 2 * 160 + 6]);
    const at = (x: number, y: number): number => data[(y * info.width + x) * info.channels] ?? -1;
    expect(at(3 * 166 + 150, 166 + 150)).toBe(100);
    expect(at(3 * 166 + 10, 166 + 10)).toBe(25);
  });
});

describe('heat over an image', () => {
  /** Of two pixels beside each other, each a patch. */
  const pair = (...image: number[]) => ({ image: Uint8Array.from(image), width: 2, height: 1, rows: 1, columns: 2 });
  const [dark, bright] = [
    [0, 0, 4],
    [252, 255, 164],
  ];

  it('has the range of its values, unless another is given', () => {
    const values = Float32Array.of(3, -2);
    expect(rangeOf(values)).toEqual([-2, 3]);
    const gray = pair(0, 0, 0, 0, 0, 0);
    expect([...coverWithHeat(gray, values, 1)]).toEqual([...bright, ...dark].flat());
    expect([...coverWithHeat(gray, Float32Array.of(4, 8), 1, [4, 16])].slice(0, 3)).toEqual(dark);
    const third = [...coverWithHeat(gray, Float32Array.of(4, 8), 1, [4, 16])].slice(3);
    expect(third).toEqual([...coverWithHeat(gray, Float32Array.of(1 / 3, 1), 1, [0, 1])].slice(0, 3));
    expect(third).not.toEqual(dark);
  });

  it('is dark everywhere where all values are the same', () => {
    expect([...coverWithHeat(pair(9, 9, 9, 9, 9, 9), Float32Array.of(5, 5), 1)]).toEqual([...dark, ...dark]);
  });

  it('covers as much as is said of the gray that each color is as bright as', () => {
    const colors = pair(200, 0, 0, 0, 100, 50);
    // 0.299 red, 0.587 green, 0.114 blue; then a quarter of the heat.
    const over = (gray: number, heat: readonly number[]) => heat.map((value) => Math.round(0.75 * gray + 0.25 * value));
    expect([...coverWithHeat(colors, Float32Array.of(0, 1), 0.25)]).toEqual([
      ...over(59.8, dark),
      ...over(64.4, bright),
    ]);
  });

  it('lies over the patch that a pixel is in, where patches are not whole pixels too', () => {
    const image = { image: new Uint8Array(5 * 3 * 3), width: 5, height: 3, rows: 2, columns: 2 };
    const covered = coverWithHeat(image, Float32Array.of(0, 1, 1, 0), 1);
    const isBright = (x: number, y: number) => (covered[(5 * y + x) * 3] ?? 0) > 200;
    expect([0, 1, 2].map((y) => [0, 1, 2, 3, 4].map((x) => isBright(x, y)))).toEqual([
      [false, false, false, true, true],
      [false, false, false, true, true],
      [true, true, true, false, false],
    ]);
  });
});

describe('tiles', () => {
  const sizeOf = async (png: Buffer) => {
    const { width, height } = await sharp(png).metadata();
    return [width, height];
  };
  const tile = (width: number, height: number, level: number) => new Uint8Array(width * height * 3).fill(level);

  it('are enlarged by a whole factor until the longer side has 160 pixels, and never reduced', async () => {
    for (const [width, height, factor] of [
      [100, 50, 2],
      [50, 100, 2],
      [80, 10, 2],
      [79, 10, 3],
      [160, 1, 1],
      [300, 200, 1],
    ] as const)
      expect(await sizeOf(await grid([[tile(width, height, 0)]], width, height))).toEqual([
        factor * width,
        factor * height,
      ]);
  });

  it('are enlarged without mixing pixels', async () => {
    const columns = Uint8Array.from({ length: 80 * 80 * 3 }, (_, i) => (Math.floor(i / 3) % 2 === 0 ? 0 : 255));
    const { data, info } = await sharp(await grid([[columns]], 80, 80))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([0, 1, 2, 3, 4, 5].map((x) => data[x * info.channels])).toEqual([0, 0, 255, 255, 0, 0]);
  });

  it('stand in rows from the left, as many as the longest has, with white between them', async () => {
    const [a, b, c] = [tile(160, 160, 10), tile(160, 160, 20), tile(160, 160, 30)];
    const { data, info } = await sharp(await grid([[a], [b, c]], 160, 160))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([326, 326]);
    const at = (x: number, y: number) => data[(y * info.width + x) * info.channels];
    expect([at(159, 159), at(159, 166), at(166, 325), at(325, 166)]).toEqual([10, 20, 30, 30]);
    expect([at(160, 0), at(165, 325), at(0, 160), at(0, 165), at(166, 0)]).toEqual([255, 255, 255, 255, 255]);
  });
});

it('an image in a hover has 256 colors, so that its file is small', async () => {
  const image = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 37) % 256);
  const map = { image, width: 64, height: 64, rows: 1, columns: 1, values: Float32Array.of(0) };
  const { isPalette } = await sharp(await drawBeside(map, { width: 64, height: 64 })).metadata();
  expect(isPalette).toBe(true);
});

it('an image in a hover is smoothed where it is as high as it is shown, or higher', async () => {
  // Columns of black and white by turns, shown half as wide.
  const image = Uint8Array.from({ length: 16 * 8 * 3 }, (_, i) => (Math.floor(i / 3) % 2 === 0 ? 0 : 255));
  const map = { image, width: 16, height: 8, rows: 1, columns: 1, values: Float32Array.of(0) };
  const levels = async (height: number) => {
    const { data, info } = await sharp(await drawBeside(map, { width: 8, height }))
      .raw()
      .toBuffer({ resolveWithObject: true });
    return [2, 3, 4, 5].map((x) => data[x * info.channels] ?? Number.NaN);
  };
  for (const level of await levels(8)) expect(Math.abs(level - 127.5)).toBeLessThan(40);
  for (const level of await levels(9)) expect(Math.abs(level - 127.5)).toBeGreaterThan(100);
});
