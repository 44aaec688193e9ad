import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { retrieveCommand } from '../../../src/cli/retrieve.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { writeImages } from '../training/images.js';
import { resultOf, TINY_VIT } from './inProcess.js';

let images: string;
beforeEach(async () => {
  images = await writeImages(temporaryFolder(), 5);
  vi.stubEnv('DINO_STORAGE', temporaryFolder());
});
afterEach(() => vi.unstubAllEnvs());

const retrieve = (...args: string[]) =>
  resultOf(retrieveCommand(), join(images, 'lying', '0.png'), images, ...TINY_VIT, ...args);

it('The most similar images come first, and the next search computes none of them again', async () => {
  const first = await retrieve('--k', '4');
  expect(first).toMatchObject({ index: { computed: 5, kept: 0 } });
  const results = first['results'] as { name: string; distance: number }[];
  expect(results.map(({ name }) => name).sort()).toEqual([
    'lying/2.png',
    'lying/4.png',
    'standing/1.png',
    'standing/3.png',
  ]);
  const distances = results.map(({ distance }) => distance);
  expect(distances).toEqual([...distances].sort((one, other) => one - other));
  const second = await retrieve('--k', '4');
  expect(second).toMatchObject({ index: { computed: 0, kept: 5 }, results });
});

it('Where nothing can be kept the search works, and says that; an index that is asked for must be written', async () => {
  const file = join(temporaryFolder(), 'a file');
  writeFileSync(file, '');
  vi.stubEnv('DINO_STORAGE', file);
  const found = await retrieve('--k', '2');
  expect(found).toMatchObject({ index: { computed: 5, kept: 0 } });
  expect(found['notes']).toContainEqual(expect.stringMatching(/^The index .* cannot be written: .* not kept\.$/));
  await expect(retrieve('--k', '2', '--index', join(file, 'my.index'))).rejects.toThrow(
    'cannot be read: a part of its path is a file, not a folder.',
  );
});

it('More images than there are cannot be found', async () => {
  await expect(retrieve('--k', '5')).rejects.toThrow(
    'There are only 4 images besides the query itself to find: choose a k of at most 4.',
  );
});

it('An index of another network is refused', async () => {
  const index = join(temporaryFolder(), 'images.index');
  await retrieve('--k', '1', '--index', index);
  const student = TINY_VIT.map((arg) => arg.replace('teacher_final', 'student_final'));
  await expect(
    resultOf(retrieveCommand(), join(images, 'lying', '0.png'), images, ...student, '--k', '1', '--index', index),
  ).rejects.toThrow(`The index ${index} is of another network (teacher_final.safetensors)`);
});
