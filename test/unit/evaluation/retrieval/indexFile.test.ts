/** The file of an index: what is kept in it, and what is told of files that are none. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { type FeatureIndex, readIndex, writeIndex } from '../../../../src/evaluation/retrieval/indexFile.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';

let path: string;
beforeEach(() => {
  path = join(temporaryFolder(), 'images.index');
});

const index: FeatureIndex = {
  ...{ network: 'abc', networkName: 'Größe' },
  images: [
    { name: 'ä/1.png', stamp: '1 2' },
    { name: 'b.png', stamp: '' },
  ],
  // A view into more numbers.
  features: { rows: 2, dim: 3, data: Float32Array.of(9, 1, 2, 3, 4, 5, 6, 9).subarray(1, 7) },
};
const MARK = 'DINOINDEX1\n';
const hashed = (content: Uint8Array) =>
  Buffer.concat([Buffer.from(MARK), createHash('sha256').update(content).digest(), content]);

it('what is written is read again, also into a folder that is not there yet', async () => {
  const deeper = join(path, 'a', 'b.index');
  await writeIndex(deeper, index);
  expect(await readIndex(deeper)).toEqual({
    ...index,
    features: { rows: 2, dim: 3, data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  });
});

it('an index without images is one', async () => {
  await writeIndex(path, { ...index, images: [], features: { rows: 0, dim: 3, data: new Float32Array(0) } });
  expect(await readIndex(path)).toMatchObject({ images: [], features: { rows: 0, dim: 3 } });
});

it('its bytes are as they are documented', async () => {
  await writeIndex(path, index);
  const bytes = readFileSync(path);
  const content = bytes.subarray(MARK.length + 32);
  expect(bytes).toEqual(hashed(content));
  const end = 4 + content.readUInt32LE(0);
  expect(JSON.parse(content.toString('utf8', 4, end))).toEqual({
    ...{ network: 'abc', networkName: 'Größe', dim: 3, images: index.images },
  });
  expect(content.subarray(end)).toEqual(Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer));
});

it('there may be none', async () => {
  expect(await readIndex(path)).toBeUndefined();
});

it('wherever it is cut off it is incomplete', async () => {
  await writeIndex(path, index);
  const whole = readFileSync(path);
  for (const length of [1, 10, 11, 12, 42, 43, 44, 46, 47, 48, 100, whole.length - 5, whole.length - 1]) {
    writeFileSync(path, whole.subarray(0, length));
    expect(await readIndex(path), `${length} bytes`).toBe('incomplete');
  }
});

it('a file that is too short for a header is incomplete, whatever its hash says', async () => {
  for (const content of [Buffer.of(), Buffer.of(1, 0, 0)]) {
    writeFileSync(path, hashed(content));
    expect(await readIndex(path)).toBe('incomplete');
  }
});

it('other files, and empty ones, are no index', async () => {
  for (const text of ['', 'D1', 'DINOINDEX2\n', 'my notes'])
    await expect(
      (async () => {
        writeFileSync(path, text);
        return readIndex(path);
      })(),
      JSON.stringify(text),
    ).rejects.toThrow(`${path} is no index of images: choose another file for it.`);
});

it('what cannot be read or written is named with the reason', async () => {
  mkdirSync(path);
  await expect(readIndex(path)).rejects.toThrow(`The index ${path} cannot be read: it is a folder, not a file.`);
  writeFileSync(join(path, 'file'), '');
  const below = join(path, 'file', 'a.index');
  await expect(writeIndex(below, index)).rejects.toThrow(`The index ${below} cannot be written: `);
});
