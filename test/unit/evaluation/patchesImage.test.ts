/** How the patch features of images are drawn. */
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { type DrawnPatches, drawPatches } from '../../../src/evaluation/patchesImage.js';

/** Of 160 pixels a side, in gray, with two patches beside each other: the left one red and in the foreground. */
const image: DrawnPatches = {
  ...{ image: new Uint8Array(160 * 160 * 3).fill(100), width: 160, height: 160, rows: 1, columns: 2 },
  ...{ colors: Uint8Array.of(255, 0, 0, 0, 0, 255), foreground: Uint8Array.of(1, 0) },
};
const TILE = 166;

async function drawn(...given: Parameters<typeof drawPatches>) {
  const { data, info } = await sharp(await drawPatches(...given))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * info.channels).subarray(0, 3)];
  return { at, size: [info.width, info.height] };
}

it('a row has the image, all colors over its gray, and the foreground with the rest darkened', async () => {
  const { at, size } = await drawn([image]);
  expect(size).toEqual([2 * TILE + 160, 160]);
  expect(at(10, 10)).toEqual([100, 100, 100]);
  // 35 % of the gray and 65 % of the color, and a quarter of that.
  expect([at(TILE + 10, 10), at(TILE + 150, 10)]).toEqual([
    [201, 35, 35],
    [35, 35, 201],
  ]);
  expect([at(2 * TILE + 10, 10), at(2 * TILE + 150, 10)]).toEqual([
    [201, 35, 35],
    [9, 9, 50],
  ]);
});

it('similarities of several images have the colors of one scale', async () => {
  const { at, size } = await drawn([image, image], [Float32Array.of(0, 1), Float32Array.of(0, 0.5)]);
  expect(size).toEqual([3 * TILE + 160, TILE + 160]);
  const level = (x: number, y: number) => at(x, y).reduce((sum, value) => sum + value, 0);
  const [most, half, least] = [level(3 * TILE + 150, 10), level(3 * TILE + 150, TILE + 10), level(3 * TILE + 10, 10)];
  expect(most).toBeGreaterThan(half + 50);
  expect(half).toBeGreaterThan(least + 50);
  expect(level(3 * TILE + 10, TILE + 10)).toBe(least);
});

it('the scale of similarities reaches from the least to the most of all images', async () => {
  const { at } = await drawn([image, image], [Float32Array.of(0.5, 3), Float32Array.of(2, -1)]);
  const level = (x: number, y: number) => at(3 * TILE + x, y).reduce((sum, value) => sum + value, 0);
  const levels = [level(10, TILE + 10), level(10, 10), level(150, TILE + 10), level(150, 10)];
  const [two = 0, half = 0, least = 0, most = 0] = levels;
  expect(most).toBeGreaterThan(two + 50);
  expect(two).toBeGreaterThan(half + 50);
  expect(half).toBeGreaterThan(least + 50);
});

it('an image of many patches has each in its place, over the gray of its own pixels', async () => {
  // Two by two patches; the image red above and blue below.
  const pixels = Uint8Array.from({ length: 160 * 160 * 3 }, (_, i) => {
    const isAbove = i < 80 * 160 * 3;
    return i % 3 === (isAbove ? 0 : 2) ? 200 : 0;
  });
  const { at } = await drawn([
    {
      ...{ image: pixels, width: 160, height: 160, rows: 2, columns: 2, foreground: Uint8Array.of(0, 1, 1, 0) },
      colors: Uint8Array.of(12, 22, 34, 40, 50, 60, 70, 80, 90, 100, 110, 124),
    },
  ]);
  const over = (gray: number, color: readonly number[]) => color.map((value) => Math.round(0.35 * gray + 0.65 * value));
  const [above, below] = [0.299 * 200, 0.114 * 200];
  const colored = [
    over(above, [12, 22, 34]),
    over(above, [40, 50, 60]),
    over(below, [70, 80, 90]),
    over(below, [100, 110, 124]),
  ];
  const places = [
    [10, 10],
    [150, 10],
    [10, 150],
    [150, 150],
  ] as const;
  expect(places.map(([x, y]) => at(TILE + x, y))).toEqual(colored);
  const darkened = colored.map((color, patch) =>
    patch === 1 || patch === 2 ? color : color.map((value) => Math.round(value / 4)),
  );
  expect(places.map(([x, y]) => at(2 * TILE + x, y))).toEqual(darkened);
});
