/** The protocol of Oxford and Paris on gray images, whose features are the nearer the nearer their levels are. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { retrieval } from '../../../../src/evaluation/evaluations/retrieval.js';
import { temporaryFolder } from '../../runs/temporaryFolder.js';
import { computing, datasetOf, writeLevels } from '../surroundings.js';

let images: string;
let gnd: string;
beforeEach(async () => {
  const root = temporaryFolder();
  gnd = join(root, 'gnd.json');
  images = await writeLevels(join(root, 'images'), {
    ...{ 'a.png': 0, 'b.png': 40, 'c.png': 100, 'd.png': 200, 'e.png': 250 },
    ...{ 'dark.png': 10, 'light.png': 210, 'nobody.png': 128 },
  });
});

interface Lists {
  readonly easy?: readonly number[];
  readonly hard?: readonly number[];
  readonly junk?: readonly number[];
}
const none = { easy: [], hard: [], junk: [] };

/** Queries by the names of their images: what is there to be found among a to e. */
async function evaluated(queries: Readonly<Record<string, Lists>>, options: object = {}, by = computing().by) {
  const lists = Object.values(queries).map((each) => ({ ...none, ...each }));
  writeFileSync(gnd, JSON.stringify({ imlist: [...'abcde'], qimlist: Object.keys(queries), gnd: lists }));
  const opened = await retrieval.open({ images, gnd }, options, { tables: {} });
  return { opened, ...(await opened.run(by)) };
}

it('each difficulty has its precision, and queries without a match are left out of it', async () => {
  const { by, asked, said } = computing();
  const queries = { dark: { easy: [0], hard: [2] }, light: { easy: [3], hard: [4] }, nobody: {} };
  const { result, images: counts, summary, lines } = await evaluated(queries, { k: '1,3' }, by);
  // From dark: a, b, c, d, e; from light: d, e, c, b, a. What is of another difficulty alone is not in the way.
  const medium = 100 * (1 / 2 + (1 / 2 + 2 / 3) / 4);
  const about = (value: number) => expect.closeTo(value, 8);
  const [map, sixth] = [about((medium + 100) / 2), about((100 * 5) / 6)];
  expect(result).toEqual({
    images: 5,
    queries: ['dark', 'light', 'nobody'],
    difficulties: {
      easy: { map: 100, precision: { 1: 100, 3: 100 }, queries: 2, perQuery: [100, 100, null] },
      medium: { map, precision: { 1: 100, 3: sixth }, queries: 2, perQuery: [about(medium), 100, null] },
      hard: { map: 62.5, precision: { 1: 50, 3: 75 }, queries: 2, perQuery: [25, 100, null] },
    },
  });
  expect(counts).toEqual({ images: 5, queries: 3 });
  expect(summary).toEqual([
    { metric: 'retrieval_medium', value: map },
    { metric: 'retrieval_hard', value: 62.5 },
  ]);
  expect(lines).toEqual([
    '3 queries among 5 images',
    'easy: mAP 100.00 %, precision 100.00 % at 1, 100.00 % at 3 (left out: 1 without a match)',
    'medium: mAP 89.58 %, precision 100.00 % at 1, 83.33 % at 3 (left out: 1 without a match)',
    'hard: mAP 62.50 %, precision 50.00 % at 1, 75.00 % at 3 (left out: 1 without a match)',
  ]);
  expect(said.progress.at(0)).toEqual([1, 8, `features of ${images}`]);
  expect(said.progress.at(-1)).toEqual([8, 8, `features of ${images}`]);
  expect(asked.disposed, 'all images have one size').toBe(1);
});

it('a difficulty that no query has a match of has no precision; a query of the database is described once', async () => {
  const { by, asked } = computing();
  const { result, summary, lines, opened } = await evaluated({ a: { easy: [0] } }, {}, by);
  expect(result).toMatchObject({
    difficulties: {
      easy: { map: 100, precision: { 1: 100, 5: 100, 10: 100 } },
      hard: { map: null, precision: {}, queries: 0, perQuery: [null] },
    },
  });
  expect(summary).toEqual([{ metric: 'retrieval_medium', value: 100 }]);
  expect(lines[1]).toBe('easy: mAP 100.00 %, precision 100.00 % at 1, 100.00 % at 5, 100.00 % at 10');
  expect(lines[3]).toBe('hard: no query has a match');
  expect(asked.calls).toHaveLength(5);
  expect(opened.inputs).toMatchObject({
    images: { path: images, fingerprint: expect.any(String) },
    gnd: { path: gnd },
  });
});

it('images are seen as large as is asked for, and at three sizes', async () => {
  const sizesOf = async (options: object, side: number) => {
    const { by, asked } = computing();
    images = await writeLevels(temporaryFolder(), { 'a.png': 1, 'b.png': 2, 'c.png': 3, 'd.png': 4, 'e.png': 5 }, side);
    await evaluated({ a: { easy: [1] } }, options, by);
    return asked.calls.slice(0, 3).map((call) => call['images']?.shape[3]);
  };
  expect(await sizesOf({}, 300)).toEqual([224, 224, 224]);
  expect(await sizesOf({ size: 12 }, 30)).toEqual([12, 12, 12]);
  expect(await sizesOf({ size: 12, multiscale: true }, 30)).toEqual([12, 8, 6]);
  expect(await sizesOf({ size: 12, multiscale: false }, 30)).toEqual([12, 12, 12]);
});

it('what the folders of the images say is told with their path', async () => {
  images = await writeLevels(temporaryFolder(), {
    'train/x/a.png': 1,
    'train/x/b.png': 2,
    'train/y/c.png': 3,
    'train/y/d.png': 4,
    'train/y/e.png': 5,
  });
  const { opened } = await evaluated({ a: { easy: [1] } });
  expect(opened.notes).toEqual([expect.stringMatching(`^${images}: `)]);
});

it('a ground truth is refused that names other images, or has nothing to find', async () => {
  await expect(evaluated({ a: { easy: [1] }, stranger: {} })).rejects.toThrow(
    `The ground truth ${gnd} names the image stranger, but ${images} has no image of that name.`,
  );
  await expect(evaluated({ a: { junk: [1] }, dark: {} })).rejects.toThrow('has a match: there is nothing to find.');
  expect((await evaluated({ a: {}, dark: { hard: [1] } })).summary).toHaveLength(2);
});

it('an image that cannot be read, or that nobody wants any more, ends the evaluation', async () => {
  const stop = new AbortController();
  const stopped = computing({ signal: stop.signal, progress: (done) => done === 2 && stop.abort(new Error('enough')) });
  await expect(evaluated({ a: { easy: [1] } }, {}, stopped.by)).rejects.toThrow('enough');
  expect([stopped.asked.calls.length, stopped.asked.disposed]).toEqual([2, 1]);
  writeFileSync(join(images, 'c.png'), 'torn');
  await expect(evaluated({ a: { easy: [1] } })).rejects.toThrow('c.png');
});

it('no folder of images tells what is to be found', () => {
  expect(retrieval.suggest(datasetOf([]))).toEqual(expect.stringContaining('needs the ground truth'));
});

it('a query that is asked twice is described once, and each has its own result', async () => {
  const { by, asked } = computing();
  writeFileSync(
    gnd,
    JSON.stringify({
      imlist: [...'abcde'],
      qimlist: ['dark', 'dark'],
      gnd: [
        { ...none, easy: [0] },
        { ...none, easy: [1] },
      ],
    }),
  );
  const { result, images: counts, lines } = await (await retrieval.open({ images, gnd }, {}, { tables: {} })).run(by);
  // The second is found at the second place: 1 / 2 / 2.
  expect(result).toMatchObject({ difficulties: { easy: { perQuery: [100, 25], queries: 2 } } });
  expect(counts).toEqual({ images: 5, queries: 2 });
  expect(lines[0]).toBe('2 queries among 5 images');
  expect(asked.calls).toHaveLength(6);
});
