import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, expect, it } from 'vitest';
import { attentionCommand } from '../../../src/cli/attention.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { writeImages } from '../training/images.js';
import { resultOf, TINY_VIT } from './inProcess.js';

let image: string;
beforeEach(async () => {
  image = join(await writeImages(temporaryFolder(), 1), 'lying', '0.png');
});

it.each([
  ['png', 'png'],
  ['jpg', 'jpeg'],
  ['JPEG', 'jpeg'],
  ['webp', 'webp'],
])('dino attention writes a file that ends in .%s as %s', async (ending, format) => {
  const out = join(temporaryFolder(), `map.${ending}`);
  await resultOf(attentionCommand(), image, ...TINY_VIT, '--out', out);
  expect((await sharp(readFileSync(out)).metadata()).format).toBe(format);
});

it('An ending that names no format is refused', async () => {
  await expect(resultOf(attentionCommand(), image, ...TINY_VIT, '--out', 'map.bmp')).rejects.toThrow(
    'It must end in .png, .jpg, .jpeg, .webp, which says in which format the image is written.',
  );
});
