/** Attacks at the ends of what is drawn, and by what they are made of. */
import sharp from 'sharp';
import { expect, it } from 'vitest';
import type { Image } from '../../../../../src/data/image.js';
import { applied, at, drawing, flat, giving, pixels } from './draws.js';

const DRAWS = [0, 0.5, 'highest'] as const;
/** Red tells the column and green the row. */
const places = pixels(120, 100, (x, y) => [x, y, 77]);
const cornersOf = (image: Image) => [at(image, 0, 0), at(image, image.width - 1, image.height - 1)];

it('a crop lies at the upper left at least, and at the lower right at most', async () => {
  // Of 30 percent cut off remain 100 x 84 pixels.
  const cut = await Promise.all(DRAWS.map((draw) => applied('crop', 30, places, drawing([], draw))));
  expect(cut.map(cornersOf)).toEqual([
    [
      [0, 0, 77],
      [99, 83, 77],
    ],
    [
      [10, 8, 77],
      [109, 91, 77],
    ],
    [
      [20, 16, 77],
      [119, 99, 77],
    ],
  ]);
});

it('an insertion lies at the upper left at least, and at the lower right at most', async () => {
  // Half of the area has 85 x 71 pixels; the ground is black where the lowest or middle level is drawn, else white.
  const bounds = async (draw: (typeof DRAWS)[number]) => {
    const made = await applied('insertion', 50, flat(128, 120, 100), drawing([], draw));
    const inside = Array.from({ length: 120 * 100 }, (_, i) => i).filter((i) => made.data[3 * i] === 128);
    const [xs, ys] = [inside.map((i) => i % 120), inside.map((i) => Math.floor(i / 120))];
    expect(inside).toHaveLength(85 * 71);
    expect(new Set(made.data)).toEqual(new Set([draw === 'highest' ? 255 : 0, 128]));
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  };
  expect(await Promise.all(DRAWS.map(bounds))).toEqual([
    [0, 0, 84, 70],
    [18, 15, 102, 85],
    [35, 29, 119, 99],
  ]);
});

it('the ground of an insertion has four by four patches of color, which run into each other', async () => {
  const red = (patch: number) =>
    giving(
      [...Array(48).keys()].map((i) => (i === 3 * patch ? 255 : 0)),
      -1,
    );
  // The image itself lies at the lower right.
  for (const [patch, x, y] of [
    [0, 15, 12],
    [3, 105, 12],
    [5, 45, 37],
    [12, 15, 87],
  ] as const) {
    const made = await applied('insertion', 15, flat(0, 120, 100), red(patch));
    const [level = 0, ...others] = at(made, x, y);
    expect(level, `patch ${patch}`).toBeGreaterThan(180);
    expect(others).toEqual([0, 0]);
    expect(at(made, (x + 60) % 120, y)[0], `beside ${patch}`).toBeLessThan(40);
    expect(new Set(made.data).size).toBeGreaterThan(20);
  }
});

it('the ground of an insertion is as wide and high as the image, whatever its shape', async () => {
  const first = giving([255, ...Array(47).fill(0)], -1);
  const made = await applied('insertion', 15, flat(0, 120, 30), first);
  expect(at(made, 10, 2)[0]).toBeGreaterThan(180);
  expect(at(made, 10, 27)[0]).toBeLessThan(40);
});

it('a rotation goes to the right from the middle of what is drawn on, and to the left below it', async () => {
  const first = async (draw: (typeof DRAWS)[number]) =>
    at(await applied('rotation', 90, places, drawing([], draw)), 0, 0);
  expect(await Promise.all(DRAWS.map(first))).toEqual([
    [119, 0, 77],
    [0, 99, 77],
    [0, 99, 77],
  ]);
});

it('a blur is by the shorter side, and 0.6 pixels at least', async () => {
  const stripes = (width: number, height: number) =>
    pixels(width, height, (x, y) => ((x + y) % 8 < 4 ? [30, 60, 90] : [220, 200, 180]));
  const blurred = async ({ width, height, data }: Image, sigma: number) =>
    new Uint8Array(
      await sharp(data, { raw: { width, height, channels: 3 } })
        .blur(sigma)
        .raw()
        .toBuffer(),
    );
  for (const [width, height, strength, sigma] of [
    [200, 100, 4, 4],
    [100, 200, 2, 2],
    [100, 80, 1, 0.8],
    [100, 60, 1, 0.6],
    [60, 60, 0.5, 0.6],
  ] as const) {
    const image = stripes(width, height);
    const made = await applied('blur', strength, image, drawing([], 0.5));
    expect([made.width, made.height, made.channels]).toEqual([width, height, 3]);
    expect(Buffer.from(made.data).equals(await blurred(image, sigma)), `${width} x ${height}`).toBe(true);
  }
});

it('a JPEG is one of the quality that is its strength', async () => {
  const { width, height, data } = places;
  for (const quality of [75, 5]) {
    const file = await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg({ quality })
      .toBuffer();
    const wanted = new Uint8Array(await sharp(file).raw().toBuffer());
    const made = await applied('jpeg', quality, places, drawing([], 0.5));
    expect(Buffer.from(made.data).equals(wanted), `quality ${quality}`).toBe(true);
  }
});
