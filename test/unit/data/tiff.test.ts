/** TIFF files that no program at hand writes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readImage } from '../../../src/data/image.js';
import { temporaryFolder } from './images.js';

const PIXELS = [10, 20, 30, 40, 50, 60];

/** Three pixels in each of two rows, gray and as they are, in one strip. @param changes of the tags; without values: absent */
function tiff(changes: Readonly<Record<number, readonly number[]>> = {}, pixels: readonly number[] = PIXELS): Buffer {
  const tags: Readonly<Record<number, readonly number[]>> = {
    ...{ 256: [3], 257: [2], 258: [8], 259: [1], 262: [1], 273: [8], 277: [1], 278: [2], 279: [pixels.length] },
    ...changes,
  };
  const lead = Buffer.concat([Buffer.from('II*\0\0\0\0\0', 'latin1'), Buffer.from(pixels)]);
  const entries = Object.entries(tags).filter(([, numbers]) => numbers.length > 0);
  const directory = Buffer.alloc(2 + 12 * entries.length + 4);
  directory.writeUInt16LE(entries.length);
  const values: Buffer[] = [];
  let place = lead.length + directory.length;
  for (const [index, [tag, numbers]] of entries.entries()) {
    const at = 2 + 12 * index;
    const bytes = Buffer.from(Uint16Array.from(numbers).buffer);
    directory.writeUInt16LE(Number(tag), at);
    directory.writeUInt16LE(3, at + 2);
    directory.writeUInt32LE(numbers.length, at + 4);
    if (bytes.length <= 4) bytes.copy(directory, at + 8);
    else {
      directory.writeUInt32LE(place, at + 8);
      values.push(bytes);
      place += bytes.length;
    }
  }
  lead.writeUInt32LE(lead.length, 4);
  return Buffer.concat([lead, directory, ...values]);
}

async function grays(file: Buffer): Promise<number[]> {
  const path = join(temporaryFolder(), 'a.tif');
  writeFileSync(path, file);
  return [...(await readImage(path, 'a.tif', 1)).data];
}

test('a strip that is not compressed is as long as its pixels, whatever the file says of it', async () => {
  expect(await grays(tiff())).toEqual(PIXELS);
  expect(await grays(tiff({ 279: [0] }))).toEqual(PIXELS);
  expect(await grays(tiff({ 279: [9999] }))).toEqual(PIXELS);
});

test('samples of different depths are refused with their depths', async () => {
  await expect(grays(tiff({ 258: [8, 8, 16], 262: [2], 277: [3] }))).rejects.toThrow(
    'a TIFF with samples of different depths (8, 8, 16 bits) is not supported',
  );
});

test('a file that says nothing of depth has one bit a sample', async () => {
  expect(await grays(tiff({ 258: [] }, [0b10100000, 0b01000000]))).toEqual([255, 0, 255, 0, 255, 0]);
});
