import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { openCopydays } from '../../../../src/evaluation/copies/copydaysFolder.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';
import { writeLevels } from '../surroundings.js';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
const images = (...names: readonly string[]) =>
  writeLevels(folder, Object.fromEntries(names.map((name, at) => [name, 20 * at])));

it('each folder that has images itself is a block, the originals first, numbers in their order', async () => {
  await images(
    'original/0.png',
    'original/1.png',
    'crops/15/0.png',
    'crops/15/1.png',
    'crops/5/0.png',
    'crops/5/1.png',
  );
  await images('blur/0.png', 'blur/1.png');
  writeFileSync(join(folder, 'readme.txt'), 'no folder');
  writeFileSync(join(folder, 'cover.png'), 'no block');
  mkdirSync(join(folder, 'empty'));
  const blocks = await openCopydays(folder);
  expect(blocks.map(({ name }) => name)).toEqual(['original', 'blur', 'crops/5', 'crops/15']);
  expect(blocks.map(({ dataset }) => dataset.size)).toEqual([2, 2, 2, 2]);
  expect(blocks.map(({ dataset }) => dataset.path)).toEqual([
    join(folder, 'original'),
    join(folder, 'blur'),
    join(folder, 'crops/5'),
    join(folder, 'crops/15'),
  ]);
  for (const { positives, attack } of blocks) {
    expect(positives).toEqual([[0], [1]]);
    expect(attack).toBeUndefined();
  }
});

it('strong copies may be of any number, and have the originals of their names', async () => {
  await images('original/200000.png', 'original/200100.png', 'original/300000.png');
  await images('strong/200101.png', 'strong/200102.png', 'strong/300001.png', 'strong/200001.png');
  const [, strong] = await openCopydays(folder);
  expect(strong).toMatchObject({ name: 'strong', dataset: { size: 4 } });
  // In the order of the copies' names: 2000 and 2001 tell the originals of 2000xx apart.
  expect(strong?.positives).toEqual([[0], [1], [1], [2]]);
});

it('a block of another number than the originals is refused, and a folder without originals', async () => {
  await images('original/0.png', 'original/1.png', 'blur/0.png');
  await expect(openCopydays(folder)).rejects.toThrow(
    `${join(folder, 'blur')} has 1 image, but original has 2: each of those must have one copy there, in the same order.`,
  );
  await images('blur/1.png', 'blur/2.png');
  await expect(openCopydays(folder)).rejects.toThrow(`${join(folder, 'blur')} has 3 images, but original has 2`);
  rmSync(join(folder, 'original'), { recursive: true });
  await expect(openCopydays(folder)).rejects.toThrow(`${folder} has no folder original with images`);
  const nowhere = join(folder, 'nowhere');
  await expect(openCopydays(nowhere)).rejects.toThrow(`The folder ${nowhere} cannot be read: it does not exist.`);
});
