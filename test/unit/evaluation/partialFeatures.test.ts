/** Rows of features beside their file, as a kill leaves them. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { PartialFeatures } from '../../../src/evaluation/partialFeatures.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';

const DIM = 2;
const newFolder = () => join(temporaryFolder(), 'out.part');
const opened = async (folder: string, key = 'key', dim = DIM) => {
  const partial = await PartialFeatures.open(folder, key, dim);
  return partial;
};
const stateOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8'));
const bytesOf = (folder: string) => statSync(join(folder, 'rows.f32')).size;

/** Rows of their own numbers: 10, 10.5; 11, 11.5 … */
const rows = (...numbers: number[]) => Float32Array.from(numbers.flatMap((number) => [10 + number, 10.5 + number]));
const torn = (...images: number[]) => images.map((image) => ({ image, message: `${image} is torn` }));

async function blocksOf(partial: PartialFeatures, most: number) {
  const blocks: { images: readonly number[]; rows: number[] }[] = [];
  for await (const block of partial.blocks(most)) blocks.push({ images: block.images, rows: [...block.rows] });
  return blocks;
}

/** Three images of which the second is torn, kept and closed. */
async function kept(folder: string): Promise<void> {
  const partial = await opened(folder);
  await partial.append(rows(0, 2), 3, torn(1));
  await partial.close();
}

it('a new folder has nothing that is done', async () => {
  const folder = newFolder();
  const partial = await opened(folder);
  expect([partial.done, partial.rows, partial.unreadable]).toEqual([0, 0, []]);
  expect(await blocksOf(partial, 10)).toEqual([]);
  await partial.close();
});

it('what was kept is there for the same work, with what could not be read', async () => {
  const folder = newFolder();
  await kept(folder);
  const again = await opened(folder);
  expect([again.done, again.rows, again.unreadable]).toEqual([3, 2, torn(1)]);
  await again.append(rows(3), 5, torn(4));
  expect([again.done, again.rows, again.unreadable]).toEqual([5, 3, torn(1, 4)]);
  expect(await blocksOf(again, 10)).toEqual([{ images: [0, 2, 3], rows: [...rows(0, 2, 3)] }]);
  await again.close();
});

it('blocks are as large as is asked, in order, and none is empty where images at the end cannot be read', async () => {
  const partial = await opened(newFolder());
  await partial.append(rows(1, 2, 4, 5, 6), 9, torn(0, 3, 7, 8));
  expect(await blocksOf(partial, 2)).toEqual([
    { images: [1, 2], rows: [...rows(1, 2)] },
    { images: [4, 5], rows: [...rows(4, 5)] },
    { images: [6], rows: [...rows(6)] },
  ]);
  expect(await blocksOf(partial, 5)).toEqual([{ images: [1, 2, 4, 5, 6], rows: [...rows(1, 2, 4, 5, 6)] }]);
  expect((await blocksOf(partial, 1)).map(({ images }) => images)).toEqual([[1], [2], [4], [5], [6]]);
  await partial.close();
});

it('rows are written as they are where they are a part of something larger', async () => {
  const partial = await opened(newFolder());
  await partial.append(rows(7, 0, 1, 9).subarray(DIM, 3 * DIM), 2, []);
  expect(await blocksOf(partial, 10)).toEqual([{ images: [0, 1], rows: [...rows(0, 1)] }]);
  await partial.close();
});

it('the disk is asked to keep what is new once a second, and what lies behind that is cut off afterwards', async () => {
  const folder = newFolder();
  const now = vi.spyOn(performance, 'now').mockReturnValue(5000);
  try {
    const partial = await opened(folder);
    await partial.append(rows(0), 1, []);
    expect(stateOf(folder), 'the first at once').toEqual({ key: 'key', done: 1, unreadable: [] });
    now.mockReturnValue(5999);
    await partial.append(rows(1), 2, []);
    expect(stateOf(folder).done).toBe(1);
    await partial.close();
    expect(bytesOf(folder)).toBe(2 * DIM * 4);

    const again = await opened(folder);
    expect([again.done, bytesOf(folder)]).toEqual([1, DIM * 4]);
    await again.append(rows(1), 2, []);
    expect(stateOf(folder).done, 'the first after a kill at once').toBe(2);
    now.mockReturnValue(6999);
    await again.append(rows(2), 3, []);
    expect(stateOf(folder).done).toBe(3);
    now.mockReturnValue(7998);
    await again.append(rows(3), 4, []);
    expect(stateOf(folder).done).toBe(3);
    await again.keep();
    expect(stateOf(folder).done).toBe(4);
    await again.close();
  } finally {
    now.mockRestore();
  }
});

it.each([
  ['other work', (folder: string) => opened(folder, 'another key')],
  [
    'a file whose rows are cut off',
    (folder: string) => {
      truncateSync(join(folder, 'rows.f32'), 2 * DIM * 4 - 1);
      return opened(folder);
    },
  ],
  [
    'rows that are gone',
    (folder: string) => {
      rmSync(join(folder, 'rows.f32'));
      return opened(folder);
    },
  ],
  [
    'a state that is gone',
    (folder: string) => {
      rmSync(join(folder, 'state.json'));
      return opened(folder);
    },
  ],
  [
    'a state that is half written',
    (folder: string) => {
      writeFileSync(join(folder, 'state.json'), '{"key":"key","done":3');
      return opened(folder);
    },
  ],
  [
    'a state of another form',
    (folder: string) => {
      writeFileSync(join(folder, 'state.json'), '{"key":"key","done":-1,"unreadable":[]}');
      return opened(folder);
    },
  ],
])('work begins anew for %s', async (_, open) => {
  // biome-ignore format: rows
  const folder = newFolder();
  await kept(folder);
  const partial = await open(folder);
  expect([partial.done, partial.rows, bytesOf(folder)]).toEqual([0, 0, 0]);
  expect(readdirSync(folder), 'no state of what is gone').toEqual(['rows.f32']);
  await partial.append(rows(5), 1, []);
  expect(await blocksOf(partial, 10)).toEqual([{ images: [0], rows: [...rows(5)] }]);
  await partial.close();
});

it('whole rows are enough, and wider ones than there are begin anew', async () => {
  const folder = newFolder();
  await kept(folder);
  const whole = await opened(folder);
  expect([whole.done, bytesOf(folder)]).toEqual([3, 2 * DIM * 4]);
  await whole.close();
  const wider = await opened(folder, 'key', DIM + 1);
  expect(wider.done).toBe(0);
  await wider.close();
});

it('a folder with anything else in it is left alone, and a state that was being written is not anything else', async () => {
  const folder = newFolder();
  await kept(folder);
  writeFileSync(join(folder, 'state.json.123'), '');
  const partial = await opened(folder);
  expect(partial.done).toBe(3);
  await partial.close();
  writeFileSync(join(folder, 'thesis.txt'), 'all of it');
  await expect(opened(folder, 'another key')).rejects.toThrow(
    `${folder} is in the way, and is no unfinished work of this command: move it, or choose another --out.`,
  );
  expect(readFileSync(join(folder, 'thesis.txt'), 'utf8')).toBe('all of it');
  const empty = newFolder();
  mkdirSync(empty);
  await (await opened(empty)).close();
});

it('what cannot be written or read is said with its folder', async () => {
  const nowhere = join(temporaryFolder(), 'no', 'out.part');
  await expect(opened(nowhere)).rejects.toThrow(`What is computed cannot be written to ${nowhere}: it does not exist.`);
  const folder = newFolder();
  const partial = await opened(folder);
  await partial.append(rows(0, 1), 2, []);
  truncateSync(join(folder, 'rows.f32'), 2 * DIM * 4 - 1);
  await expect(blocksOf(partial, 10)).rejects.toThrow(`${folder} is damaged: delete it and start again.`);
  rmSync(folder, { recursive: true });
  await expect(partial.keep()).rejects.toThrow(`What is computed cannot be written to ${folder}: it does not exist.`);
  await partial.close();
  await expect(partial.append(rows(2), 3, [])).rejects.toThrow(`What is computed cannot be written to ${folder}: `);
  expect([partial.done, partial.rows], 'as before').toEqual([2, 2]);
});

it('all bytes are written where the system takes a few at a time', async () => {
  const folder = newFolder();
  const any = await open(join(temporaryFolder(), 'any'), 'w');
  const handles: FileHandle = Object.getPrototypeOf(any);
  await any.close();
  const { write } = handles;
  const few = vi.spyOn(handles, 'write').mockImplementation(function (this: FileHandle, ...given: unknown[]) {
    const [bytes, offset, length, place] = given;
    return Reflect.apply(write, this, [bytes, offset, Math.min(3, Number(length)), place]);
  });
  try {
    const partial = await opened(folder);
    await partial.append(rows(0, 1), 2, []);
    await partial.append(rows(2), 3, []);
    expect(await blocksOf(partial, 10)).toEqual([{ images: [0, 1, 2], rows: [...rows(0, 1, 2)] }]);
    await partial.close();
  } finally {
    few.mockRestore();
  }
});

it('what is in its file can be removed', async () => {
  const folder = newFolder();
  await kept(folder);
  const partial = await opened(folder);
  await partial.remove();
  expect(readdirSync(join(folder, '..'))).toEqual([]);
  await partial.close();
});
