import { copyFileSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { groupsAt } from '../../../src/linkage/linkage.js';
import type { SearchProgress } from '../../../src/protocol/imageSearchWork.js';
import { ImageSearch } from '../../../src/worker/imageSearch.js';
import { writeImages } from '../training/images.js';

const CHECKPOINT = 'test/reference/tiny-vit/teacher_final.safetensors';
const never = new AbortController().signal;
let root: string;
let data: string;
let said: SearchProgress[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'dino-search-'));
  data = await writeImages(join(root, 'images'), 6);
  said = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const started = () => new ImageSearch((progress) => said.push(progress), join(root, 'storage'));
const of = () => ({ data, checkpoint: CHECKPOINT, numHeads: 3 });
const file = (name: string) => ({ image: { kind: 'file', path: join(data, name) } as const });
const asked = (name: string, isStale = false) => ({ id: 1, of: of(), isStale, query: file(name), k: 60 });

it('What is most like an image is found without it, and its index is kept for the next process', async () => {
  const first = await started().similar(asked('lying/0.png'), never);
  expect(first).toMatchObject({ images: 6, computed: 6, folder: data, isApproximate: false, unreadable: { count: 0 } });
  expect(first.found.map(({ name }) => name)).not.toContain('lying/0.png');
  expect(first.found).toHaveLength(5);
  const distances = first.found.map(({ distance }) => distance);
  expect(distances).toEqual([...distances].sort((one, other) => one - other));
  expect(said.at(-1)).toEqual({ id: 1, done: 6, total: 6, of: `features of ${data}` });
  const again = await started().similar(asked('lying/0.png'), never);
  expect(again).toMatchObject({ images: 6, computed: 0, found: first.found });
});

it('A part of an image finds the whole, and an image of the data set is found by its index', async () => {
  const search = started();
  const region = { left: 0, top: 0, width: 40, height: 40 };
  const part = await search.similar({ ...asked('lying/0.png'), query: { ...file('lying/0.png'), region } }, never);
  expect(part.found[0]).toMatchObject({ name: 'lying/0.png', distance: expect.closeTo(0, 5) });
  const byIndex = await search.similar(
    { ...asked(''), query: { image: { kind: 'dataset', path: data, index: part.found[0]?.index ?? -1 } } },
    never,
  );
  expect(byIndex).toEqual(await search.similar(asked('lying/0.png'), never));
});

it('Files that come, go or cannot be read are told; what is not stale is not looked for again', async () => {
  const search = started();
  await search.similar(asked('lying/0.png'), never);
  copyFileSync(join(data, 'lying/0.png'), join(data, 'lying/zero.png'));
  rmSync(join(data, 'standing/1.png'));
  writeFileSync(join(data, 'lying/broken.png'), 'no image');
  expect((await search.similar(asked('lying/0.png'), never)).images).toBe(6);
  const fresh = await search.similar(asked('lying/0.png', true), never);
  expect(fresh).toMatchObject({ images: 6, computed: 1, unreadable: { count: 1 } });
  expect(fresh.unreadable.examples[0]).toContain('broken.png');
  expect(fresh.found[0]).toMatchObject({ name: 'lying/zero.png', distance: expect.closeTo(0, 5) });
});

it('Half an index is made again, and that is said', async () => {
  await started().similar(asked('lying/0.png'), never);
  const [index = ''] = readdirSync(join(root, 'storage', 'indexes'));
  truncateSync(join(root, 'storage', 'indexes', index), 500);
  const answer = await started().similar(asked('lying/0.png'), never);
  expect(answer.computed).toBe(6);
  expect(answer.notes.join()).toMatch(/is incomplete or damaged, so it is made again/);
});

it('Work that is stopped ends, and the next one goes on', async () => {
  const search = started();
  const stop = new AbortController();
  const stopped = search.similar(asked('lying/0.png'), stop.signal);
  stop.abort();
  await expect(stopped).rejects.toThrow();
  expect((await search.similar(asked('lying/0.png'), never)).images).toBe(6);
});

it('An image that is alone has nothing like it', async () => {
  rmSync(join(data, 'standing'), { recursive: true });
  for (const name of ['2.png', '4.png']) rmSync(join(data, 'lying', name));
  await expect(started().similar(asked('lying/0.png'), never)).rejects.toThrow(
    `There is no other image in ${data} that could be like this one.`,
  );
});

it('Copies are linked, whatever the threshold, and kept in an index of their own', async () => {
  copyFileSync(join(data, 'lying/0.png'), join(data, 'standing/copy.png'));
  const search = started();
  const { linked, links, images } = await search.copies({ id: 2, of: of(), isStale: true, least: 0.5 }, never);
  expect(images).toBe(7);
  const names = (threshold: number) =>
    groupsAt(links, threshold).map(({ members }) => members.map((place) => linked[place]?.name));
  expect(names(0.99999)).toEqual([['lying/0.png', 'standing/copy.png']]);
  expect(names(-1).flat().length).toBeGreaterThan(2);
  const again = await started().copies({ id: 3, of: of(), isStale: true, least: 0.5 }, never);
  expect(again).toMatchObject({ computed: 0, links });
});

it('Images are shown in their own shape with the facts of their file; of others than were searched nothing is', async () => {
  const search = started();
  const { stamp, found } = await search.similar(asked('lying/0.png'), never);
  const { images } = await search.images({ data, stamp, images: [found[0]?.index ?? -1], side: 20 });
  expect(images[0]).toMatchObject({ width: 20, height: 20, original: { width: 40, height: 40 } });
  expect(images[0]).toHaveProperty('bytes');
  await expect(search.images({ data, stamp: 'another', images: [0], side: 20 })).rejects.toThrow(
    `The images in ${data} have changed: search again.`,
  );
});
