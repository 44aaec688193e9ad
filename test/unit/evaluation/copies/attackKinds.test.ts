/** What each attack does to images on which it can be seen. */
import { expect, it } from 'vitest';
import type { Image } from '../../../../src/data/image.js';
import { ATTACKS, attacked, attackedImages } from '../../../../src/evaluation/copies/attacks/index.js';
import { datasetOf } from '../surroundings.js';

const plain = (level: number, width = 120, height = 100): Image => ({
  ...{ width, height, channels: 3 },
  data: new Uint8Array(width * height * 3).fill(level),
});
/** Red tells the column and green the row. */
const places = (width: number, height: number): Image => ({
  ...{ width, height, channels: 3 },
  data: Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => [Math.floor(i / 3) % width, Math.floor(i / 3 / width), 77][i % 3] ?? 0,
  ),
});

function by(name: string, strength: number, image: Image, seed = 0): Promise<Image> {
  const attack = ATTACKS.find((one) => one.name === name);
  if (attack === undefined) throw new Error(name);
  return attacked(image, { attack, strength }, seed, 0);
}
const SEEDS = Array.from({ length: 12 }, (_, seed) => seed);
const at = ({ width, data }: Image, x: number, y: number) => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];
const levelsOf = ({ data }: Image) => new Set(data);
const shareOf = ({ data }: Image, is: (level: number) => boolean) => data.filter(is).length / data.length;

it('a crop is a part of the image at any place within it', async () => {
  const corners = new Set<string>();
  for (const seed of SEEDS) {
    const cut = await by('crop', 70, places(120, 100), seed);
    const [left = 0, top = 0] = at(cut, 0, 0);
    expect([cut.width, cut.height]).toEqual([66, 55]);
    expect(at(cut, 65, 54)).toEqual([left + 65, top + 54, 77]);
    expect([left + 66 <= 120, top + 55 <= 100]).toEqual([true, true]);
    corners.add(`${left} ${top}`);
  }
  expect(corners.size).toBeGreaterThan(6);
  expect(await by('crop', 70, plain(9, 1, 1))).toEqual(plain(9, 1, 1));
});

it('a rotation goes either way, keeps the levels and leaves the corners black', async () => {
  const quarters = await Promise.all(SEEDS.map((seed) => by('rotation', 90, places(120, 100), seed)));
  const firsts = new Set(quarters.map((image) => at(image, 0, 0).join()));
  expect(firsts).toEqual(new Set(['0,99,77', '119,0,77']));
  const turned = await by('rotation', 45, plain(200));
  expect([at(turned, 0, 0), at(turned, turned.width - 1, turned.height - 1)]).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
  expect(at(turned, Math.floor(turned.width / 2), Math.floor(turned.height / 2))).toEqual([200, 200, 200]);
});

it('a blur is by the shorter side, and never too weak to see', async () => {
  const edge = (width: number, height: number): Image => {
    const image = plain(0, width, height);
    for (let i = 0; i < width * height; i++) if (i % width >= width / 2) image.data.fill(255, 3 * i, 3 * i + 3);
    return image;
  };
  const softened = async (strength: number, width: number, height: number) => {
    const image = await by('blur', strength, edge(width, height));
    return new Set(Array.from({ length: width }, (_, x) => at(image, x, 0)[0])).size;
  };
  expect(await softened(0.5, 20, 20)).toBeGreaterThan(2);
  expect(await softened(4, 400, 400)).toBeGreaterThan(await softened(4, 400, 100));
  expect(await softened(4, 400, 100)).toBeGreaterThan(await softened(1, 400, 100));
});

it('an insertion shows the whole image on a share of the area, at any place within a ground of soft colors', async () => {
  const corners = new Set<string>();
  for (const [strength, width, height] of [
    [70, 100, 84],
    [15, 46, 39],
  ] as const) {
    for (const seed of SEEDS) {
      // Of a level that the ground hardly has on all three channels.
      const { data, ...size } = await by('insertion', strength, plain(255), seed);
      expect(size).toEqual({ width: 120, height: 100, channels: 3 });
      const inside = Array.from({ length: 120 * 100 }, (_, i) => i).filter((i) =>
        data.subarray(3 * i, 3 * i + 3).every((level) => level === 255),
      );
      const [xs, ys] = [inside.map((i) => i % 120), inside.map((i) => Math.floor(i / 120))];
      const [left, top] = [Math.min(...xs), Math.min(...ys)];
      corners.add(`${left} ${top}`);
      expect([Math.max(...xs) - left + 1, Math.max(...ys) - top + 1], `${strength} ${seed}`).toEqual([width, height]);
      expect(inside.length).toBe(width * height);
    }
  }
  expect(corners.size).toBeGreaterThan(12);
  expect(await by('insertion', 15, plain(9, 1, 1))).toMatchObject({ width: 1, height: 1 });
});

it('a text has so many lines of white letters with a dark edge, each of a height of its own part of the image', async () => {
  for (const lines of [1, 2, 4, 6]) {
    const image = await by('text', lines, plain(128, 300, 400));
    expect(levelsOf(image)).toEqual(new Set([0, 128, 255]));
    const isWhite = (row: number) => image.data.subarray(row * 900, (row + 1) * 900).includes(255);
    const whites = Array.from({ length: 400 }, (_, row) => isWhite(row));
    const starts = whites.flatMap((white, row) => (white && !whites[row - 1] ? [row] : []));
    const ends = whites.flatMap((white, row) => (white && !whites[row + 1] ? [row] : []));
    expect(starts).toHaveLength(lines);
    // A dot has 400 * .09 / 7 pixels, and a letter seven dots; the first or last may be cut off by the image.
    starts.forEach((row, line) => {
      expect((ends[line] ?? 0) - row + 1).toBeLessThanOrEqual(35);
      expect(Math.floor(((row + (ends[line] ?? 0)) / 2 / 400) * lines)).toBe(line);
    });
    expect(shareOf(image, (level) => level === 255)).toBeGreaterThan(0.02 * lines);
  }
});

it('letters are whole and beside each other, and others for another seed', async () => {
  const row = (image: Image) => {
    const columns = Array.from({ length: 300 }, (_, x) =>
      Array.from({ length: 400 }, (_, y) => at(image, x, y)[0]).includes(255),
    );
    return columns.map((white) => (white ? '#' : '.')).join('');
  };
  const rows = await Promise.all(SEEDS.map(async (seed) => row(await by('text', 1, plain(128, 300, 400), seed))));
  for (const columns of rows) {
    // Nine letters, a gap of a dot between two: .9 * 300 / 30.
    expect(columns.replace(/^\.+|\.+$/g, '').length).toBeLessThanOrEqual(9 * 30 - 5);
    expect(columns.replace(/^\.+|\.+$/g, '').length).toBeGreaterThanOrEqual(9 * 30 - 5 - 10);
  }
  expect(new Set(rows).size).toBe(rows.length);
});

it('what was printed and scanned is seen on white paper, with noise and other brightness, the more the stronger', async () => {
  const cornersOf = ({ width, height, ...image }: Image) =>
    [
      [0, 0],
      [width - 1, 0],
      [0, height - 1],
      [width - 1, height - 1],
    ].map(([x, y]) => at({ width, height, ...image }, x ?? 0, y ?? 0)[0] ?? 0);
  const [weak, strong] = await Promise.all(
    [1, 3].map((strength) => Promise.all(SEEDS.map((seed) => by('print-and-scan', strength, plain(60), seed)))),
  );
  for (const image of [...(weak ?? []), ...(strong ?? [])]) expect([image.width, image.height]).toEqual([120, 100]);
  // All corners of all images but for luck.
  const white = (images: readonly Image[] = []) => images.flatMap(cornersOf).filter((level) => level > 200).length;
  expect(white(strong)).toBeGreaterThan(36);
  const middles = (images: readonly Image[] = []) => images.map((image) => at(image, 60, 50)[0] ?? 0);
  const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values);
  expect(spread(middles(strong))).toBeGreaterThan(spread(middles(weak)));
  // Of 60 a gamma of 1.2 ** 3 makes 21, one of 1.2 ** -3 makes 111.
  for (const level of middles(strong)) expect(level).toBeGreaterThan(0);
  for (const level of middles(strong)) expect(level).toBeLessThan(150);
  const paper = (images: readonly Image[] = []) =>
    images.reduce((sum, image) => sum + shareOf(image, (level) => level > 200), 0) / images.length;
  expect(paper(strong)).toBeGreaterThan(paper(weak));
  expect(paper(strong)).toBeLessThan(0.35);
  expect(paper(weak)).toBeGreaterThan(0.02);
});

it('a little perspective moves the middle of a side hardly at all', async () => {
  const halves = places(120, 100);
  for (const seed of SEEDS) {
    const image = await by(
      'print-and-scan',
      1,
      { ...halves, data: halves.data.map((level, i) => (i % 3 === 0 && level >= 60 ? 255 : 0)) },
      seed,
    );
    expect(at(image, 30, 50)[0]).toBeLessThan(60);
    expect(at(image, 90, 50)[0]).toBeGreaterThan(180);
  }
});

it('what was printed and scanned keeps its red, green and blue apart', async () => {
  const data = Uint8Array.from({ length: 120 * 100 * 3 }, (_, i) => [220, 40, 130][i % 3] ?? 0);
  for (const seed of SEEDS) {
    const [red = 0, green = 0, blue = 0] = at(await by('print-and-scan', 1, { ...plain(0), data }, seed), 60, 50);
    expect(red).toBeGreaterThan(blue + 30);
    expect(blue).toBeGreaterThan(green + 30);
  }
});

it('a JPEG is made of the same size, with other levels the lower its quality', async () => {
  const image = places(120, 100);
  const error = async (quality: number) => {
    const made = await by('jpeg', quality, image);
    expect([made.width, made.height]).toEqual([120, 100]);
    return made.data.reduce((sum, value, i) => sum + Math.abs(value - (image.data[i] ?? 0)), 0);
  };
  expect(await error(5)).toBeGreaterThan(await error(75));
});

it('images of a data set are changed when they are read, each in its own way, with as many channels as are asked for', async () => {
  const text = ATTACKS.find(({ name }) => name === 'text') as (typeof ATTACKS)[number];
  const images = attackedImages(datasetOf([100, 100]), { attack: text, strength: 1 }, 0);
  expect([images.size, images.nameOf(1)]).toEqual([2, 'image 1']);
  expect((await images.read(0, 3)).channels).toBe(3);
  expect(await images.read(0, 1)).toMatchObject({ width: 8, height: 8, channels: 1, data: { length: 64 } });
  expect(await images.read(0, 3)).not.toEqual(await images.read(1, 3));
});
