import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, expect, it } from 'vitest';
import { evalCommand } from '../../../src/cli/eval.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { writeImages } from '../training/images.js';
import { resultOf, TINY_VIT } from './inProcess.js';

let copydays: string;
beforeEach(async () => {
  copydays = temporaryFolder();
  const images = await writeImages(temporaryFolder(), 4);
  for (const block of ['original', 'jpegqual/75', 'strong']) mkdirSync(join(copydays, block), { recursive: true });
  for (let i = 0; i < 4; i++) {
    const source = sharp(join(images, i % 2 === 0 ? 'lying' : 'standing', `${i}.png`));
    await source.clone().toFile(join(copydays, 'original', `20${i}000.png`));
    await source
      .clone()
      .jpeg({ quality: 75 })
      .toFile(join(copydays, 'jpegqual/75', `20${i}000.jpg`));
  }
  await sharp(join(copydays, 'original', '202000.png'))
    .blur(3)
    .toFile(join(copydays, 'strong', '202001.png'));
});

const evaluate = (...args: string[]) => resultOf(evalCommand(), 'copies', ...TINY_VIT, '--copydays', copydays, ...args);

it('Each attack has its mean average precision, and originals find themselves', async () => {
  const distractors = await writeImages(temporaryFolder(), 3);
  const whiten = await writeImages(temporaryFolder(), 9);
  const { copies, images } = await evaluate('--distractors', distractors, '--whiten', whiten);
  expect(images).toBe(9);
  expect(copies).toMatchObject({
    ...{ distractors: 3, whitened: true },
    blocks: [
      { name: 'original', images: 4 },
      { name: 'jpegqual/75', images: 4 },
      { name: 'strong', images: 1 },
    ],
  });
  const plain = await evaluate();
  expect(plain['copies']).toMatchObject({ whitened: false, blocks: [{ map: 1 }, {}, {}] });
});

it.each<[string, () => unknown, string]>([
  ['no originals', () => rmSync(join(copydays, 'original'), { recursive: true }), 'has no folder original with images'],
  [
    'a copy that is missing',
    () => rmSync(join(copydays, 'jpegqual/75/203000.jpg')),
    'has 3 images, but original has 4: each of those must have one copy there, in the same order.',
  ],
  [
    'a strong copy without an original',
    () => sharp(join(copydays, 'original', '202000.png')).toFile(join(copydays, 'strong', '999901.png')),
    'The copy 999901.png has no original: none of the names begins with 9999.',
  ],
  ['a torn image', () => writeFileSync(join(copydays, 'original', '201000.png'), 'torn'), '1 of the 4 images in'],
])('%s is refused', async (_, spoil, sentence) => {
  await spoil();
  await expect(evaluate()).rejects.toThrow(sentence);
});
