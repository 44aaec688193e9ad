import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import sharp from 'sharp';
import { beforeEach, expect, it } from 'vitest';
import { evalCommand } from '../../../src/cli/eval.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { resultOf, TINY_VIT } from './inProcess.js';

const [WIDTH, HEIGHT] = [80, 64];
let davis: string;

/** A bright square that moves to the right, on dark stripes. */
async function writeSequence(name: string, frames: number): Promise<void> {
  const [images, labels] = ['JPEGImages', 'Annotations'].map((part) => join(davis, part, '480p', name)) as [
    string,
    string,
  ];
  mkdirSync(images, { recursive: true });
  mkdirSync(labels, { recursive: true });
  for (let frame = 0; frame < frames; frame++) {
    const isObject = (pixel: number) => {
      const [x, y] = [pixel % WIDTH, Math.floor(pixel / WIDTH)];
      return x >= 16 + 2 * frame && x < 40 + 2 * frame && y >= 16 && y < 48;
    };
    const pixels = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) =>
      isObject(Math.floor(i / 3)) ? 250 : 40 + 30 * Math.sin(i / 11),
    );
    await sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .png()
      .toFile(join(images, `0000${frame}.png`));
    const data = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, pixel) => (isObject(pixel) ? 1 : 0));
    const palette: [number, number, number][] = [
      [0, 0, 0],
      [128, 0, 0],
    ];
    writeFileSync(
      join(labels, `0000${frame}.png`),
      encode({ width: WIDTH, height: HEIGHT, data, channels: 1, depth: 8, palette }),
    );
  }
}

beforeEach(async () => {
  davis = temporaryFolder();
  await writeSequence('square', 4);
});

const evaluate = (...args: string[]) =>
  resultOf(evalCommand(), 'video', ...TINY_VIT, '--davis', davis, '--size', '64', ...args);

it('Labels follow what moves', async () => {
  const { video, sequences, frames } = await evaluate('--radius', '2', '--topk', '3', '--frames', '2');
  expect([sequences, frames]).toEqual([1, 4]);
  expect(video).toMatchObject({ sequences: [{ name: 'square', frames: 4, objects: [{ J: { recall: 1 } }] }] });
  expect((video as { J: { mean: number } }).J.mean).toBeGreaterThan(0.6);
});

it('The benchmark may name its sequences', async () => {
  cpSync(join(davis, 'JPEGImages/480p/square'), join(davis, 'JPEGImages/480p/other'), { recursive: true });
  mkdirSync(join(davis, 'ImageSets', '2017'), { recursive: true });
  writeFileSync(join(davis, 'ImageSets', '2017', 'val.txt'), 'square\n');
  expect(await evaluate()).toMatchObject({
    sequences: 1,
    notes: ['the sequences are those of ImageSets/2017/val.txt.'],
  });
});

it.each<[string, () => unknown, string]>([
  [
    'no such layout',
    () => rmSync(join(davis, 'Annotations'), { recursive: true }),
    'Annotations cannot be read: it does not exist.',
  ],
  ['no sequences', () => rmSync(join(davis, 'Annotations/480p/square'), { recursive: true }), 'has no sequences.'],
  [
    'a frame without its annotation',
    () => rmSync(join(davis, 'Annotations/480p/square/00002.png')),
    'has no 00002.png, the annotation of a frame of',
  ],
  [
    'two frames',
    () => [2, 3].map((i) => rmSync(join(davis, `JPEGImages/480p/square/0000${i}.png`))),
    'has 2 frames: at least 3 are needed.',
  ],
  [
    'an annotation of another size',
    () =>
      writeFileSync(
        join(davis, 'Annotations/480p/square/00001.png'),
        encode({ width: 2, height: 1, data: Uint8Array.of(0, 1), channels: 1, depth: 8 }),
      ),
    '00001.png has 2 x 1 pixels, but its frame has 80 x 64.',
  ],
  [
    'a first frame without an object',
    () =>
      writeFileSync(
        join(davis, 'Annotations/480p/square/00000.png'),
        encode({ width: WIDTH, height: HEIGHT, data: new Uint8Array(WIDTH * HEIGHT), channels: 1, depth: 8 }),
      ),
    'The sequence square cannot be scored: the first annotation has no object.',
  ],
])('%s is refused', async (_, spoil, sentence) => {
  spoil();
  await expect(evaluate()).rejects.toThrow(sentence);
});
