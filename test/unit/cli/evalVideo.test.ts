import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { beforeEach, expect, it } from 'vitest';
import { evalCommand } from '../../../src/cli/eval.js';
import { writeMovingSquare } from '../evaluation/video/movingSquare.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { resultOf, TINY_VIT } from './inProcess.js';

let davis: string;

beforeEach(async () => {
  davis = temporaryFolder();
  await writeMovingSquare(davis, 'square', { frames: 4 });
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
        encode({ width: 80, height: 64, data: new Uint8Array(80 * 64), channels: 1, depth: 8 }),
      ),
    'The sequence square cannot be scored: the first annotation has no object.',
  ],
])('%s is refused', async (_, spoil, sentence) => {
  spoil();
  await expect(evaluate()).rejects.toThrow(sentence);
});
