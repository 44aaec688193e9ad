import { assert, asyncProperty, integer } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PatchFeatures } from '../../../src/attention/patchFeatures.js';
import { patchColors } from '../../../src/evaluation/patchColors.js';
import { Randomness } from '../../../src/projection/randomness.js';

const DIM = 8;

/** A thing in the middle of a ground, far from it along the first direction, and noise along the others. */
function scene(rows: number, columns: number, seed: number, flip = 1): PatchFeatures {
  const random = new Randomness(seed);
  const features = new Float32Array(rows * columns * DIM);
  for (let patch = 0; patch < rows * columns; patch++) {
    for (let d = 0; d < DIM; d++)
      features[patch * DIM + d] =
        (0.25 * random.normal()) / (d + 1) + (d === 0 && isThing(patch, rows, columns) ? 20 * flip : 0);
  }
  return { rows, columns, dim: DIM, features };
}

const isThing = (patch: number, rows: number, columns: number): boolean => {
  const [row, column] = [Math.floor(patch / columns), patch % columns];
  return row > 1 && row < rows - 2 && column > 1 && column < columns - 2;
};
const thing = (rows: number, columns: number) =>
  Uint8Array.from({ length: rows * columns }, (_, patch) => (isThing(patch, rows, columns) ? 1 : 0));
const negated = (of: PatchFeatures): PatchFeatures => ({ ...of, features: of.features.map((value) => -value) });

describe('The colors of patches', () => {
  it('part the thing in the middle from its ground, whichever way the first component points', async () => {
    await assert(
      asyncProperty(integer(), async (seed) => {
        for (const flip of [1, -1]) {
          const { images, isParted, explained } = await patchColors([scene(9, 8, seed, flip)]);
          expect(images[0]?.foreground).toEqual(thing(9, 8));
          expect(isParted).toBe(true);
          expect(explained).toBeGreaterThan(0.8);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('reach from 0 to 255 within the foreground on every channel, and are the same when asked again', async () => {
    const image = scene(10, 10, 3);
    const { images } = await patchColors([image]);
    const { colors, foreground } = images[0] ?? { colors: new Uint8Array(), foreground: new Uint8Array() };
    for (let channel = 0; channel < 3; channel++) {
      const inside = [...foreground.keys()].filter((patch) => foreground[patch] === 1);
      const values = inside.map((patch) => colors[patch * 3 + channel] as number);
      expect([Math.min(...values), Math.max(...values)]).toEqual([0, 255]);
    }
    expect((await patchColors([image])).images).toEqual(images);
  });

  it('have the axes turned around when all features are', async () => {
    const image = scene(10, 10, 5);
    const [one] = (await patchColors([image])).images;
    const [other] = (await patchColors([negated(image)])).images;
    // The sign is of the component, whose largest weight is positive in both.
    expect(other?.foreground).toEqual(one?.foreground);
    for (const [at, value] of (one?.colors ?? []).entries()) {
      if (one?.foreground[Math.floor(at / 3)] === 1)
        expect(Math.abs((other?.colors[at] as number) - (255 - value))).toBeLessThanOrEqual(1);
    }
  });

  it('are those of one set of components for images together: equal patches have equal colors', async () => {
    const [one, other] = [scene(8, 8, 1), scene(6, 9, 2)];
    const { images } = await patchColors([one, other, one]);
    expect(images.map(({ foreground }) => foreground)).toEqual([thing(8, 8), thing(6, 9), thing(8, 8)]);
    expect(images[2]).toEqual(images[0]);
    expect(images[1]?.colors).toHaveLength(6 * 9 * 3);
    expect((await patchColors([one])).images[0]?.colors).not.toEqual(images[0]?.colors);
  });

  it('take everything for foreground where nothing can be told apart', async () => {
    const same = { rows: 3, columns: 3, dim: DIM, features: new Float32Array(9 * DIM).fill(2) };
    const { images, isParted, explained } = await patchColors([same]);
    expect(isParted).toBe(false);
    expect(explained).toBe(0);
    expect(images[0]?.foreground).toEqual(new Uint8Array(9).fill(1));
    expect(new Set(images[0]?.colors)).toEqual(new Set([128]));
    const one = await patchColors([{ ...same, rows: 1, columns: 1, features: new Float32Array(DIM) }]);
    expect(one.images[0]?.colors).toHaveLength(3);
  });

  it('leave a channel gray that features of two numbers lack', async () => {
    const features = Float32Array.from({ length: 32 }, (_, at) => Math.sin(at * at));
    const [image] = (await patchColors([{ rows: 4, columns: 4, dim: 2, features }])).images;
    expect(new Set(image?.colors.filter((_, at) => at % 3 === 2))).toEqual(new Set([128]));
    expect(new Set(image?.colors.filter((_, at) => at % 3 === 0)).size).toBeGreaterThan(2);
  });

  it('are refused for no image, and for features of different widths', async () => {
    await expect(patchColors([])).rejects.toThrow('There is no image');
    const narrow = { rows: 1, columns: 1, dim: 2, features: new Float32Array(2) };
    await expect(patchColors([scene(5, 5, 1), narrow])).rejects.toThrow('of 8 and of 2 numbers');
  });

  /** Patches whose only numbers are these, so that the first component is this number less its mean. */
  const grid = (rows: number, columns: number, ...values: number[]): PatchFeatures => ({
    ...{ rows, columns, dim: 1, features: Float32Array.from(values) },
  });
  const foregroundOf = async (...images: PatchFeatures[]) =>
    (await patchColors(images)).images.map(({ foreground }) => [...foreground].join(''));

  it('have as foreground the side that fills the smaller share of the edge, be it the smaller or the larger numbers', async () => {
    // Of twelve patches at the edge one is above, and of four within three.
    const within = [0, 0, 0, 0, 0, 9, 9, 0, 0, 9, 0, 0, 0, 0, 9, 0];
    expect(await foregroundOf(grid(4, 4, ...within))).toEqual(['0000011001000010']);
    expect(await foregroundOf(grid(4, 4, ...within.map((value) => 9 - value)))).toEqual(['0000011001000010']);
    // A higher grid and a wider one, of which every patch but one is at the edge.
    expect(await foregroundOf(grid(3, 5, 9, 9, 9, 9, 9, 9, 9, 0, 9, 9, 9, 0, 0, 0, 9))).toEqual(['000000010001110']);
    expect(await foregroundOf(grid(5, 3, 9, 9, 9, 9, 0, 9, 9, 0, 9, 9, 9, 9, 0, 0, 9))).toEqual(['000010010000110']);
  });

  it('have a patch at the mean in the background, and one at the corner in the foreground if it is like those within', async () => {
    // The mean is 3.
    expect(await foregroundOf(grid(4, 4, 3, 0, 0, 3, 0, 9, 9, 0, 0, 9, 9, 0, 3, 0, 0, 3))).toEqual([
      '0000011001100000',
    ]);
    expect(await foregroundOf(grid(4, 4, 9, 0, 0, 0, 0, 9, 9, 0, 0, 9, 9, 0, 0, 0, 0, 0))).toEqual([
      '1000011001100000',
    ]);
  });

  it('count the edges of all images together', async () => {
    // By itself the second has more of the large numbers at its edge: 4 of 8, and within none.
    const [one, other] = [
      grid(4, 4, 0, 0, 0, 0, 0, 9, 9, 0, 0, 9, 9, 0, 0, 0, 0, 0),
      grid(3, 3, 9, 9, 0, 0, 0, 0, 0, 9, 9),
    ];
    expect(await foregroundOf(one, other)).toEqual(['0000011001100000', '110000011']);
    expect(await foregroundOf(other)).toEqual(['001111100']);
  });

  it('have the larger numbers as foreground where the edge does not tell', async () => {
    // No patch is within.
    expect(await foregroundOf(grid(2, 5, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9))).toEqual(['0000001111']);
  });

  it('take everything for foreground with fewer than four patches of it', async () => {
    const of = (...inside: number[]) =>
      grid(4, 4, ...Array.from({ length: 16 }, (_, at) => (inside.includes(at) ? 9 : 0)));
    const four = await patchColors([of(5, 6, 9, 10)]);
    expect([four.isParted, [...(four.images[0]?.foreground ?? [])].join('')]).toEqual([true, '0000011001100000']);
    const three = await patchColors([of(5, 6, 9)]);
    expect([three.isParted, [...(three.images[0]?.foreground ?? [])].join('')]).toEqual([false, '1'.repeat(16)]);
    expect(three.explained).toBeCloseTo(1, 6);
  });

  it('run from the least of the foreground to its most, those of the background clipped', async () => {
    // Within are 10, 11, 12 and 15, at the edge 0 and once 11.6.
    const edge = [0, 0, 0, 0, 0, 10, 11, 0, 0, 12, 15, 0, 0, 0, 0, 11.6];
    const { images } = await patchColors([grid(4, 4, ...edge)]);
    const [image] = images;
    expect([...(image?.foreground ?? [])].join('')).toBe('0000011001100001');
    const red = [...(image?.colors ?? [])].filter((_, at) => at % 3 === 0);
    expect([5, 6, 9, 10, 15, 0].map((patch) => red[patch])).toEqual([0, 51, 102, 255, 82, 0]);
    expect(new Set([...(image?.colors ?? [])].filter((_, at) => at % 3 !== 0))).toEqual(new Set([128]));
  });

  it('leave a channel gray that does not vary in the foreground', async () => {
    const edge = [0, 0, 0, 0, 0, 10, 11, 0, 0, 12, 15, 0, 0, 0, 0, 0];
    const features = Float32Array.from(edge.flatMap((value) => [value, 5]));
    const [image] = (await patchColors([{ rows: 4, columns: 4, dim: 2, features }])).images;
    const channel = (of: number) => [...(image?.colors ?? [])].filter((_, at) => at % 3 === of);
    expect([5, 6, 9, 10].map((patch) => channel(0)[patch])).toEqual([0, 51, 102, 255]);
    expect(new Set(channel(1))).toEqual(new Set([128]));
  });

  it('are gray where features differ by rounding alone', async () => {
    const nearly = (off: number) => grid(2, 3, -8, -8, -8, -8, -8, -8 + off);
    expect((await patchColors([nearly(7e-5)])).images[0]?.colors).toEqual(new Uint8Array(18).fill(128));
    expect((await patchColors([nearly(9e-5)])).images[0]?.colors).not.toEqual(new Uint8Array(18).fill(128));
    // Rows are compared with the first row, number by number.
    const rows = { rows: 2, columns: 2, dim: 2, features: Float32Array.of(1, 5, 1, 5, 1, 5, 1, 5) };
    expect(await patchColors([rows])).toMatchObject({ isParted: false, explained: 0 });
  });
});
