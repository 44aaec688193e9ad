import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { davisParts, isDavis, openDavis } from '../../../../src/evaluation/video/davisFolder.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';

let davis: string;
beforeEach(() => {
  davis = temporaryFolder();
});

/** Empty files: nothing looks into them here. */
function write(sequence: string, frames: readonly string[], annotations: readonly string[], between = ''): void {
  for (const [part, names] of [
    ['JPEGImages', frames],
    ['Annotations', annotations],
  ] as const) {
    const folder = join(davis, part, between, sequence);
    mkdirSync(folder, { recursive: true });
    for (const name of names) writeFileSync(join(folder, name), '');
  }
}
const JPGS = ['0.jpg', '1.jpg', '2.jpg'];
const PNGS = ['0.png', '1.png', '2.png'];

it('each sequence has its frames, and beside each the annotation of its name', async () => {
  write('two', JPGS, [...PNGS, '3.png', 'notes.txt']);
  write('one', [...JPGS, '3.jpg', 'notes.txt', '.hidden.jpg'], [...PNGS, '3.png']);
  const { sequences, notes } = await openDavis(davis);
  const paths = (part: string, name: string, files: readonly string[]) =>
    files.map((file) => join(davis, part, name, file));
  expect(sequences).toEqual([
    {
      name: 'one',
      frames: paths('JPEGImages', 'one', [...JPGS, '3.jpg']),
      annotations: paths('Annotations', 'one', [...PNGS, '3.png']),
    },
    { name: 'two', frames: paths('JPEGImages', 'two', JPGS), annotations: paths('Annotations', 'two', PNGS) },
  ]);
  expect(notes).toEqual([]);
});

it.each(['480p', 'Full-Resolution'])('sequences may lie in %s', async (between) => {
  write('one', JPGS, PNGS, between);
  expect((await openDavis(davis)).sequences).toMatchObject([
    { name: 'one', frames: { 0: join(davis, 'JPEGImages', between, 'one', '0.jpg') }, annotations: { length: 3 } },
  ]);
});

it('of two resolutions the smaller is taken, for frames and annotations each by themselves', async () => {
  for (const between of ['480p', 'Full-Resolution']) write('one', JPGS, PNGS, between);
  const [small, large] = ['480p', 'Full-Resolution'];
  expect(await davisParts(davis)).toMatchObject({
    frames: join(davis, 'JPEGImages', small ?? ''),
    annotations: join(davis, 'Annotations', small ?? ''),
  });
  rmSync(join(davis, 'JPEGImages', '480p'), { recursive: true });
  expect(await davisParts(davis)).toMatchObject({
    frames: join(davis, 'JPEGImages', large ?? ''),
    annotations: join(davis, 'Annotations', small ?? ''),
  });
});

it('a list of the benchmark decides which sequences there are, in its order', async () => {
  for (const name of ['a', 'b', 'c']) write(name, JPGS, PNGS);
  expect(await davisParts(davis)).toMatchObject({ names: ['a', 'b', 'c'], isListed: false });
  const list = join(davis, 'ImageSets', '2017');
  mkdirSync(list, { recursive: true });
  writeFileSync(join(list, 'val.txt'), 'c\r\n\na\n');
  expect(await davisParts(davis)).toMatchObject({ names: ['c', 'a'], isListed: true });
  const { sequences, notes } = await openDavis(davis);
  expect(sequences.map(({ name }) => name)).toEqual(['c', 'a']);
  expect(notes).toEqual(['the sequences are those of ImageSets/2017/val.txt']);
});

it('a folder is laid out so with both frames and annotations', () => {
  expect(isDavis(davis)).toBe(false);
  write('one', JPGS, PNGS);
  expect(isDavis(davis)).toBe(true);
  renameSync(join(davis, 'Annotations'), join(davis, 'Labels'));
  expect(isDavis(davis)).toBe(false);
});

it('too few frames, frames without annotations and folders without sequences are refused', async () => {
  write('one', ['0.jpg'], PNGS);
  const [images, labels] = [join(davis, 'JPEGImages', 'one'), join(davis, 'Annotations', 'one')];
  await expect(openDavis(davis)).rejects.toThrow(`The sequence ${images} has 1 frame: at least 3 are needed.`);
  for (const name of JPGS) writeFileSync(join(images, name), '');
  expect((await openDavis(davis)).sequences).toHaveLength(1);
  rmSync(join(labels, '2.png'));
  await expect(openDavis(davis)).rejects.toThrow(
    `The folder ${labels} has no 2.png, the annotation of a frame of ${images}.`,
  );
  rmSync(labels, { recursive: true });
  await expect(openDavis(davis)).rejects.toThrow(`The folder ${join(davis, 'Annotations')} has no sequences.`);
  rmSync(join(davis, 'Annotations'), { recursive: true });
  await expect(openDavis(davis)).rejects.toThrow(`The folder ${join(davis, 'Annotations')} cannot be read: `);
});
