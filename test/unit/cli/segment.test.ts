import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeEach, expect, it } from 'vitest';
import { segmentCommand } from '../../../src/cli/segment.js';
import { readLabels } from '../../../src/evaluation/segmentation/labelImage.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { resultOf, TINY_VIT } from './inProcess.js';

let images: string;
let out: string;

beforeEach(async () => {
  [images, out] = [temporaryFolder(), join(temporaryFolder(), 'masks')];
  for (const [name, width, height] of [
    ['a', 43, 35],
    ['b', 24, 61],
  ] as const) {
    const pixels = Uint8Array.from(
      { length: width * height * 3 },
      (_, i) => 128 + 100 * Math.sin(i / 20) * Math.cos(i / 7),
    );
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(images, `${name}.png`));
  }
});

const segment = (...args: string[]) => resultOf(segmentCommand(), images, ...TINY_VIT, ...args);

it('A mask is written for each head, in the size of the image; what fills no patch is background', async () => {
  const { images: said } = await segment('--out', out);
  expect(said).toEqual([
    { name: 'a.png', seen: { width: 40, height: 32 } },
    { name: 'b.png', seen: { width: 24, height: 56 } },
  ]);
  expect(readdirSync(out).sort()).toEqual(['head1', 'head2']);
  const { width, height, labels } = await readLabels(join(out, 'head1', 'a.png'));
  expect([width, height]).toEqual([43, 35]);
  expect(new Set(labels)).toEqual(new Set([0, 255]));
  const cut = labels.filter((_, i) => i % 43 >= 40 || i >= 32 * 43);
  expect(new Set(cut)).toEqual(new Set([0]));
});

it('A head is best by its own masks', async () => {
  await segment('--out', out);
  const given = temporaryFolder();
  cpSync(join(out, 'head2', 'a.png'), join(given, 'a.png'));
  const { jaccard, withoutMask } = await segment('--masks', given, '--out', out);
  expect(withoutMask).toBe(1);
  expect(jaccard).toMatchObject({ images: 1, bestHead: 2, ofBestHeadPerImage: 1, withoutVoid: { bestHead: 2 } });
  const { precision, recall } = jaccard as { precision: number[]; recall: number[] };
  expect([precision[1], recall[1]]).toEqual([1, 1]);
  expect(precision[0]).toBeLessThan(1);
});

it('A larger share keeps more, and smaller images are seen', async () => {
  const pixelsOf = async (...args: string[]) => {
    await segment('--out', out, ...args);
    return (await readLabels(join(out, 'head1', 'b.png'))).labels.filter((value) => value === 255).length;
  };
  expect(await pixelsOf('--keep', '0.9')).toBeGreaterThan(await pixelsOf('--keep', '0.3'));
  const { images: said } = await segment('--out', out, '--longest', '40');
  expect(said).toMatchObject([{ seen: { width: 40, height: 32 } }, { seen: { width: 16, height: 40 } }]);
});

it('An image that is less than a patch is left out; when all are, that is an error', async () => {
  const { images: said } = await segment('--out', out, '--longest', '12');
  expect(said).toMatchObject([{ name: 'a.png', seen: { width: 8, height: 8 } }]);
  await expect(segment('--out', out, '--longest', '6')).rejects.toThrow(
    `None of the images in ${images} can be segmented.`,
  );
});

it('Nothing to do is an error', async () => {
  await expect(segment()).rejects.toThrow(
    'There is nothing to do: give --out to write masks, --masks to measure them, or both.',
  );
});

it('Masks are not written among the images, nor two into one file', async () => {
  await expect(segment('--out', join(images, 'masks'))).rejects.toThrow(/masks: it lies in .*, where they would be/);
  await expect(segment('--out', images)).rejects.toThrow(/where they would be images\.$/);
  cpSync(join(images, 'a.png'), join(images, 'a.apng.png'));
  await expect(segment('--out', out)).resolves.toMatchObject({ images: [{}, {}, {}] });
  await sharp(join(images, 'a.png')).toFile(join(images, 'a.webp'));
  await expect(segment('--out', out)).rejects.toThrow(/The images a\.png and a\.webp of .* would have one mask/);
});
