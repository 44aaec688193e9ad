/** As if it was printed and photographed: seen from the side, with other brightness, a little blurred, with noise, and as a JPEG. */
import { Matrix, solve } from 'ml-matrix';
import sharp from 'sharp';
import type { Image } from '../../../data/image.js';
import { type RandomStream, uniform } from '../../../data/randomness.js';
import { type Attack, opened, pixelsOf } from './attack.js';

/** At strength 1: how far corners move inwards, in shares of a side; the exponent of gamma is within a factor; noise of 255 levels. */
const CORNER = 0.05;
const GAMMA = 1.2;
const NOISE = 5;
const BLUR = 0.4;
const QUALITY = 70;

export const printAndScan: Attack = {
  name: 'print-and-scan',
  strengths: [1, 2, 3],
  unit: 'times',
  async apply(image, strength, random) {
    const seen = fromTheSide(image, strength * CORNER, random);
    const gamma = GAMMA ** uniform(random, -strength, strength);
    const levels = Float64Array.from({ length: 256 }, (_, level) => 255 * (level / 255) ** gamma);
    const blurred = await pixelsOf(opened(seen).blur(0.3 + BLUR * strength));
    const noisy = new Uint8ClampedArray(blurred.data.length);
    for (let i = 0; i < noisy.length; i++)
      noisy[i] = (levels[blurred.data[i] as number] as number) + strength * NOISE * bell(random);
    const data = new Uint8Array(noisy.buffer);
    return pixelsOf(
      sharp(
        await opened({ ...blurred, data })
          .jpeg({ quality: QUALITY })
          .toBuffer(),
      ),
    );
  },
};

/** About normal: the sum of three uniform numbers, of variance 1. */
const bell = (random: RandomStream): number => uniform(random, -1, 1) + uniform(random, -1, 1) + uniform(random, -1, 1);

type Point = readonly [x: number, y: number];

/** The corners move inwards, each by itself; what is beside the image is white, as paper is. */
function fromTheSide({ width, height, data }: Image, most: number, random: RandomStream): Image {
  const inwards = (side: number) => side * uniform(random, 0, most);
  const to: readonly Point[] = [
    [inwards(width), inwards(height)],
    [width - inwards(width), inwards(height)],
    [width - inwards(width), height - inwards(height)],
    [inwards(width), height - inwards(height)],
  ];
  const from: readonly Point[] = [
    [0, 0],
    [width, 0],
    [width, height],
    [0, height],
  ];
  const source = homography(to, from);
  const out = new Uint8Array(data.length).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = source(x + 0.5, y + 0.5);
      const [column, row] = [u - 0.5, v - 0.5];
      if (column < 0 || row < 0 || column > width - 1 || row > height - 1) continue;
      const [left, top] = [Math.floor(column), Math.floor(row)];
      const [right, bottom] = [Math.min(width - 1, left + 1), Math.min(height - 1, top + 1)];
      const [across, down] = [column - left, row - top];
      for (let channel = 0; channel < 3; channel++) {
        const at = (px: number, py: number) => data[(py * width + px) * 3 + channel] as number;
        const upper = at(left, top) * (1 - across) + at(right, top) * across;
        const lower = at(left, bottom) * (1 - across) + at(right, bottom) * across;
        out[(y * width + x) * 3 + channel] = Math.round(upper * (1 - down) + lower * down);
      }
    }
  }
  return { width, height, channels: 3, data: out };
}

/** The perspective map that takes four points to four others. */
function homography(from: readonly Point[], to: readonly Point[]): (x: number, y: number) => Point {
  const rows = from.flatMap(([x, y], i) => {
    const [u, v] = to[i] as Point;
    return [
      [x, y, 1, 0, 0, 0, -u * x, -u * y],
      [0, 0, 0, x, y, 1, -v * x, -v * y],
    ];
  });
  const h = solve(new Matrix(rows), Matrix.columnVector(to.flat())).to1DArray();
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, k = 0] = h;
  return (x, y) => {
    const w = g * x + k * y + 1;
    return [(a * x + b * y + c) / w, (d * x + e * y + f) / w];
  };
}
