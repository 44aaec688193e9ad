/** Letters by their drawings. */
import { expect, it } from 'vitest';
import type { Image } from '../../../../../src/data/image.js';
import { applied, drawing, flat } from './draws.js';

// The letters that an always equal draw chooses.
const S = ['.####', '#....', '#....', '.###.', '....#', '....#', '####.'];
const A = ['.###.', '#...#', '#...#', '#####', '#...#', '#...#', '#...#'];

interface Line {
  readonly letter: readonly string[];
  readonly count: number;
  readonly left: number;
  readonly top: number;
}

/** Each line is drawn dark first, with dots that reach farther by the edge, and then in white. */
function drawn({ width, height, data }: Image, dot: number, edge: number, lines: readonly Line[]): Image {
  const out = Uint8Array.from(data);
  const fill = (level: number, left: number, top: number, size: number) => {
    for (let y = top; y < top + size; y++)
      for (let x = left; x < left + size; x++)
        if (x >= 0 && x < width && y >= 0 && y < height) out.fill(level, 3 * (y * width + x), 3 * (y * width + x) + 3);
  };
  for (const { letter, count, left, top } of lines)
    for (const [level, grown] of [
      [0, edge],
      [255, 0],
    ] as const)
      for (let place = 0; place < count; place++)
        letter.forEach((row, down) => {
          [...row].forEach((mark, across) => {
            if (mark === '#')
              fill(level, left + (6 * place + across) * dot - grown, top + down * dot - grown, dot + 2 * grown);
          });
        });
  return { width, height, channels: 3, data: out };
}

function expectSame(made: Image, wanted: Image): void {
  expect([made.width, made.height, made.channels]).toEqual([wanted.width, wanted.height, 3]);
  // Quicker than by each of many values.
  expect(Buffer.from(made.data).equals(wanted.data)).toBe(true);
}

it('a line of letters fills nine tenths of the width, and has the height of its share', async () => {
  const image = flat(128, 300, 400);
  // A dot has 400 * .09 / 7 = 5 pixels and a letter six dots: nine of them fit into 270 pixels.
  const made = await applied('text', 1, image, drawing([], 0.5));
  expectSame(made, drawn(image, 5, 2, [{ letter: A, count: 9, left: 15, top: 182 }]));
  expect(image.data.every((level) => level === 128)).toBe(true);
});

it('letters begin at the left at least, and end at the right at most', async () => {
  const image = flat(128, 300, 400);
  // Lines begin between a tenth and nine tenths of their part, less half a letter.
  expectSame(
    await applied('text', 1, image, drawing([], 0)),
    drawn(image, 5, 2, [{ letter: S, count: 9, left: 0, top: 22 }]),
  );
  const made = await applied('text', 1, image, drawing([], 'highest'));
  const isWhite = (column: number) =>
    Array.from({ length: 400 }, (_, y) => made.data[3 * (300 * y + column)]).includes(255);
  const columns = Array.from({ length: 300 }, (_, column) => column).filter(isWhite);
  expect(columns.at(-1)).toBeLessThan(30 + 270 - 5);
  expect(columns.at(-1)).toBeGreaterThanOrEqual(30 + 270 - 10);
});

it('each line has its own part of the height', async () => {
  const image = flat(200, 90, 140);
  // A dot has 140 * .09 / 7 = 2 pixels; six letters fit into 81.
  const lines = [0, 1].map((line) => ({ letter: A, count: 6, left: 9, top: 35 + 70 * line - 7 }));
  expectSame(await applied('text', 2, image, drawing([], 0.5)), drawn(image, 2, 1, lines));
});

it('an image that is smaller than a letter has what fits of it', async () => {
  for (const [width, height] of [
    [4, 5],
    [2, 9],
    [2, 1],
  ] as const) {
    const image = flat(90, width, height);
    const line = { letter: A, count: 1, left: Math.floor((width - 5) / 2), top: Math.floor(height / 2 - 3.5) };
    expect(await applied('text', 1, image, drawing([], 0.5))).toEqual(drawn(image, 1, 1, [line]));
  }
});
