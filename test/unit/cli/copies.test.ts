import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, expect, it } from 'vitest';
import { copiesCommand } from '../../../src/cli/copies.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { writeImages } from '../training/images.js';
import { resultOf, TINY_VIT } from './inProcess.js';

let images: string;
beforeEach(async () => {
  images = await writeImages(temporaryFolder(), 4);
  copyFileSync(join(images, 'lying', '0.png'), join(images, 'copy.png'));
  await sharp(join(images, 'standing', '1.png'))
    .jpeg({ quality: 95 })
    .toFile(join(images, 'saved again.jpg'));
});

const find = (...args: string[]) => resultOf(copiesCommand(), ...args, ...TINY_VIT);

it('Near-duplicates inside a folder come in groups', async () => {
  const { groups, images: count, size } = await find(images, '--threshold', '0.9999');
  expect([count, size]).toEqual([6, 40]);
  expect(groups).toContainEqual({ similarity: expect.closeTo(1, 5), images: ['copy.png', 'lying/0.png'] });
});

it('An image has its copies, without itself', async () => {
  const { copies } = await find(join(images, 'copy.png'), images, '--threshold', '0.99999');
  expect(copies).toEqual([{ name: 'lying/0.png', similarity: expect.closeTo(1, 5) }]);
});

it('Whitening tells apart what the others have in common', async () => {
  const others = await writeImages(temporaryFolder(), 12);
  const similarities = async (...args: string[]) => {
    const { copies } = await find(join(images, 'copy.png'), images, '--threshold', '-1', ...args);
    return new Map(
      (copies as { name: string; similarity: number }[]).map(({ name, similarity }) => [name, similarity]),
    );
  };
  const [plain, whitened] = [await similarities(), await similarities('--whiten', others)];
  expect(whitened.get('lying/0.png')).toBeCloseTo(1, 3);
  expect(whitened.get('standing/3.png')).toBeLessThan(plain.get('standing/3.png') as number);
});

it.each([
  [['--threshold', '2'], 'It must be a cosine, from -1 to 1.'],
  [['--size', '4'], 'A size of 4 pixels is less than a patch of 8: choose a larger one.'],
  [['--whiten', '/nowhere'], 'There is no folder or file /nowhere'],
])('%j is refused', async (args, sentence) => {
  await expect(find(images, ...args)).rejects.toThrow(sentence);
});

it('An image that cannot be read is named', async () => {
  await expect(find(join(images, 'gone.png'), images)).rejects.toThrow('gone.png cannot be read');
});
