import { expect, it } from 'vitest';
import { applied, at, drawing, flat, pixels } from './draws.js';

const SIDE = 200;
const corners = [
  [4, 4],
  [SIDE - 5, 4],
  [SIDE - 5, SIDE - 5],
  [4, SIDE - 5],
] as const;
const near = (level: number, by = 3) => expect.toSatisfy((value: number) => Math.abs(value - level) <= by, `${level}`);

it.each([1, 2, 3])(
  'at strength %i brightness is up to a factor in the exponent, and noise of as many times 5',
  async (strength) => {
    const middle = async (draw: 0 | 0.5 | 'highest') =>
      at(await applied('print-and-scan', strength, flat(60, SIDE, SIDE), drawing([], draw)), 100, 100)[0];
    const gamma = (exponent: number) => 255 * (60 / 255) ** (1.2 ** exponent);
    // Three draws make the noise: three times as much at either end.
    expect(await middle(0)).toEqual(near(gamma(-strength) - 15 * strength));
    expect(await middle(0.5)).toEqual(near(60));
    expect(await middle('highest')).toEqual(near(gamma(strength) + 15 * strength));
  },
);

it.each([1, 2, 3])(
  'at strength %i corners move inwards by as many twentieths of a side at most, on white',
  async (strength) => {
    const reach = 10 * strength;
    const wide = pixels(SIDE, 100, () => [20, 20, 20]);
    const made = await applied(
      'print-and-scan',
      strength,
      wide,
      drawing(
        [0, 0, 0, 0, 0, 0, 0, 0].map(() => 'highest'),
        0.5,
      ),
    );
    expect([made.width, made.height]).toEqual([SIDE, 100]);
    for (const beside of [-4, 3]) {
      const level = near(beside < 0 ? 255 : 20, 12);
      expect(at(made, reach + beside, 50)[0], 'left').toEqual(level);
      expect(at(made, SIDE - 1 - reach - beside, 50)[0], 'right').toEqual(level);
      expect(at(made, 100, reach / 2 + beside)[0], 'top').toEqual(level);
      expect(at(made, 100, 99 - reach / 2 - beside)[0], 'bottom').toEqual(level);
    }
  },
);

it.each([0, 1, 2, 3])('each corner moves by itself: that of place %i', async (moved) => {
  const draws = [0, 1, 2, 3].flatMap((corner) => {
    const draw = corner === moved ? 'highest' : 0;
    return [draw, draw] as const;
  });
  const made = await applied('print-and-scan', 3, flat(60, SIDE, SIDE), drawing(draws, 0.5));
  corners.forEach(([x, y], corner) => {
    expect(at(made, x, y)[0], `corner ${corner}`).toEqual(near(corner === moved ? 255 : 60, 6));
  });
});

it('across and down are drawn apart', async () => {
  // The upper left corner moves to the right alone, and the lower right one up alone.
  const made = await applied(
    'print-and-scan',
    3,
    flat(60, SIDE, SIDE),
    drawing(['highest', 0, 0, 0, 0, 'highest', 0, 0], 0.5),
  );
  expect(at(made, 4, 40)[0]).toEqual(near(255, 6));
  expect(at(made, 60, 4)[0]).toEqual(near(60, 6));
  expect(at(made, 150, SIDE - 5)[0]).toEqual(near(255, 6));
  expect(at(made, SIDE - 5, 120)[0]).toEqual(near(60, 6));
});

it('what is farther away is smaller: the middle comes to where the diagonals meet', async () => {
  // The upper side is from 30 to 170, so its diagonals with the lower one meet at a height of 200 * 70 / 170.
  const halves = pixels(SIDE, SIDE, (_, y) => (y < SIDE / 2 ? [20, 20, 20] : [230, 230, 230]));
  const made = await applied('print-and-scan', 3, halves, drawing(['highest', 0, 'highest', 0, 0, 0, 0, 0], 0.5));
  for (const x of [40, 100, 160]) {
    expect(at(made, x, 76)[0], `at ${x}`).toBeLessThan(60);
    expect(at(made, x, 89)[0], `at ${x}`).toBeGreaterThan(190);
  }
});

it('between pixels levels are mixed, in every channel', async () => {
  const slope = pixels(SIDE, SIDE, (x, y) => [40 + x / 2, 40 + y / 2, 40 + (x + y) / 4]);
  const made = await applied('print-and-scan', 2, slope, drawing([], 0.5));
  // All corners move inwards by 10 of 200 pixels.
  const source = (place: number) => (place + 0.5 - 10) / 0.9 - 0.5;
  for (const [x, y] of [
    [20, 30],
    [61, 150],
    [100, 100],
    [177, 44],
    [180, 180],
  ] as const) {
    const [u, v] = [source(x), source(y)];
    expect(at(made, x, y)).toEqual([40 + u / 2, 40 + v / 2, 40 + (u + v) / 4].map((level) => near(level, 4)));
  }
});

it('fine stripes are blurred, more at a higher strength', async () => {
  const stripes = pixels(SIDE, SIDE, (x) => (x % 4 < 2 ? [60, 60, 60] : [180, 180, 180]));
  const contrast = async (strength: number) => {
    const made = await applied('print-and-scan', strength, stripes, drawing([0, 0, 0, 0, 0, 0, 0, 0], 0.5));
    const levels = Array.from({ length: 40 }, (_, x) => at(made, 80 + x, 100)[0] ?? 0);
    return Math.max(...levels) - Math.min(...levels);
  };
  const [weak, strong] = [await contrast(1), await contrast(3)];
  expect(weak).toBeGreaterThan(2 * strong);
  expect(weak).toBeGreaterThan(30);
  expect(weak).toBeLessThan(115);
});

it('the image ends where its corners are, to a pixel on each side', async () => {
  const made = await applied('print-and-scan', 2, flat(20, SIDE, SIDE), drawing(Array(8).fill('highest'), 0.5));
  // All corners move inwards by 20 pixels: of the 12 pixels around them 6 have the image.
  const covered = (pixelOf: (from: number) => readonly [number, number]) =>
    Array.from({ length: 12 }, (_, i) => (255 - (at(made, ...pixelOf(14 + i))[0] ?? 0)) / 235).reduce(
      (a, b) => a + b,
      0,
    );
  expect(
    covered((from) => [from, 100]),
    'left',
  ).toEqual(near(6, 0.5));
  expect(
    covered((from) => [SIDE - 1 - from, 100]),
    'right',
  ).toEqual(near(6, 0.5));
  expect(
    covered((from) => [100, from]),
    'top',
  ).toEqual(near(6, 0.5));
  expect(
    covered((from) => [100, SIDE - 1 - from]),
    'bottom',
  ).toEqual(near(6, 0.5));
});

it('what is steep stays where it is, to a part of a pixel', async () => {
  const steep = (place: number) => Math.min(220, Math.max(20, 20 * (place - 94)));
  const [across, down] = [pixels(SIDE, SIDE, (x) => [steep(x), 0, 0]), pixels(SIDE, SIDE, (_, y) => [steep(y), 0, 0])];
  const [wide, high] = await Promise.all(
    [across, down].map((image) =>
      applied(
        'print-and-scan',
        1,
        { ...image, data: image.data.map((_, i) => image.data[3 * Math.floor(i / 3)] ?? 0) },
        drawing([], 0.5),
      ),
    ),
  );
  if (wide === undefined || high === undefined) throw new Error('there are two');
  // All corners move inwards by 5 of 200 pixels.
  for (const place of [97, 98, 99, 100, 101, 102]) {
    const level = steep((place + 0.5 - 5) / 0.95 - 0.5);
    expect(at(wide, place, 60)[0], `column ${place}`).toEqual(near(level, 8));
    expect(at(high, 60, place)[0], `row ${place}`).toEqual(near(level, 8));
  }
});
