/** What is said and kept of an evaluation of a checkpoint, whatever it measures. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { LeftOut } from '../../../src/data/leftOut.js';
import { evaluateCheckpoint } from '../../../src/evaluation/evaluateCheckpoint.js';
import { type Computing, evaluationOf, type Opened } from '../../../src/evaluation/evaluation.js';
import { wholeNumber } from '../../../src/evaluation/options.js';
import { readEvaluation } from '../../../src/runs/evaluations.js';
import type { LoadedNetwork } from '../../../src/runs/network.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { network } from './surroundings.js';

const LEFT_OUT: LeftOut = { endings: { txt: 2 }, others: [] };

/** Counts to a number. */
function counting(seen: { by?: Computing; reading?: unknown } = {}) {
  return evaluationOf({
    ...{ name: 'counting', title: 'Counting', description: 'counts', version: 3 },
    inputs: z.object({ images: z.string() }),
    options: z.object({ most: wholeNumber('number').default(5) }),
    result: z.object({ counted: z.int() }),
    suggest: () => 'nobody needs it',
    async open({ images }, reading): Promise<Opened<string>> {
      seen.reading = reading;
      const inputs = { images: { path: images, fingerprint: 'f', leftOut: LEFT_OUT }, table: { path: '/table' } };
      return { data: images, inputs, notes: ['it was opened', 'it is well'] };
    },
    async run(_, { most }, by) {
      seen.by = by;
      by.warn('one is missing');
      by.progress(1, most, 'numbers');
      return { images: { images: 7 }, result: { counted: most } };
    },
    summary: ({ counted }) => [{ metric: 'knn_top1', value: counted }],
    lines: ({ counted }) => [`to ${counted}`],
    json: ({ counted }) => ({ only: counted }),
  });
}

interface Given {
  readonly of?: Partial<LoadedNetwork>;
  readonly options?: object;
  readonly storage?: string;
  readonly signal?: AbortSignal;
}
async function evaluated({ of = {}, options = {}, storage, signal = new AbortController().signal }: Given = {}) {
  const seen: { by?: Computing; reading?: unknown } = {};
  const said = { notes: [] as string[], leftOut: [] as unknown[], warned: [] as string[], progress: [] as unknown[] };
  const done = await evaluateCheckpoint(
    {
      ...{ evaluation: counting(seen), checkpoint: '/run', network: { ...network, notes: ['It is small.'], ...of } },
      ...{ inputs: { images: '/images' }, options: { ...options }, tables: { decimal: ',' }, engine: 'eager' },
      ...(storage !== undefined && { storage }),
    },
    {
      signal,
      note: (notes) => said.notes.push(...notes),
      leftOut: (...heard) => said.leftOut.push(heard),
      warn: (message) => said.warned.push(message),
      progress: (...heard) => said.progress.push(heard),
    },
  );
  return { done, seen, said };
}

it('a record says what was evaluated on what, by which versions', async () => {
  const { done, said, seen } = await evaluated();
  expect(done.record).toMatchObject({
    ...{ evaluation: 'counting', version: 3, title: 'Counting', checkpoint: { name: 'network' }, options: { most: 5 } },
    data: { images: { path: '/images', fingerprint: 'f', images: 7 }, table: { path: '/table' } },
    versions: { 'dino-lab': expect.stringMatching(/^\d+\.\d+/), engine: expect.any(String) },
    ...{ summary: [{ metric: 'knn_top1', value: 5 }], lines: ['to 5'], details: { counted: 5 } },
  });
  expect(Object.keys(done.record.data['table'] ?? {})).toEqual(['path']);
  expect(Object.keys(done.record.checkpoint)).toEqual(['name']);
  expect(Math.abs(Date.parse(done.record.date) - Date.now())).toBeLessThan(60_000);
  expect(done).toMatchObject({
    engine: 'eager',
    json: { only: 5 },
    images: { images: 7 },
    leftOut: { images: LEFT_OUT },
  });
  expect(done).not.toHaveProperty('file');
  const notes = ['it was opened.', 'it is well.', 'It is small.'];
  expect([said.notes, done.notes]).toEqual([notes, notes]);
  expect(said).toMatchObject({
    leftOut: [['/images', LEFT_OUT]],
    warned: ['one is missing'],
    progress: [[1, 5, 'numbers']],
  });
  expect(seen.reading).toMatchObject({ tables: { decimal: ',' } });
  expect(seen.by?.kept).toBeUndefined();
});

it('options, the step and the network of a checkpoint are in its record', async () => {
  const { done } = await evaluated({ of: { step: 0, network: 'teacher' }, options: { most: '9' } });
  expect(done.record).toMatchObject({ options: { most: 9 }, details: { counted: 9 } });
  expect(done.record.checkpoint).toEqual({ name: 'network', step: 0, network: 'teacher' });
});

it('the result of a checkpoint of a run is kept with the run, and not lost where that cannot be written', async () => {
  const run = temporaryFolder();
  const { done } = await evaluated({ of: { run } });
  expect(readEvaluation(done.file ?? '')).toEqual(done.record);
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const unwritten = await evaluated({ of: { run: file } });
  expect(unwritten.done).not.toHaveProperty('file');
  expect(unwritten.done.record.details).toEqual({ counted: 5 });
  expect(unwritten.said.warned).toEqual([
    'one is missing',
    expect.stringMatching(/^The result .* cannot be written: /),
  ]);
});

it('what takes long may keep what it has where there is storage', async () => {
  const { seen } = await evaluated({ storage: temporaryFolder() });
  await seen.by?.kept?.keep('key', Buffer.from('half'));
  expect(Buffer.from((await seen.by?.kept?.find('key')) ?? '').toString()).toBe('half');
});

it('nothing is computed that nobody wants any more', async () => {
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  await expect(evaluated({ signal: stop.signal })).rejects.toThrow('enough');
});

it('wrong options are named with what they must be', async () => {
  await expect(evaluated({ options: { most: 0 } })).rejects.toThrow(
    'Counting: most is wrong: It must be a whole number, at least 1.',
  );
  await expect(evaluated({ options: { least: 0 } })).rejects.toThrow('Counting has no option least.');
});

it('the network is loaded where it is not given, as is said, and tables are read as they are found', async () => {
  const seen: { by?: Computing; reading?: unknown } = {};
  const quiet = { progress: () => undefined, warn: () => undefined, note: () => undefined, leftOut: () => undefined };
  const { record, network: loaded } = await evaluateCheckpoint(
    {
      ...{ evaluation: counting(seen), checkpoint: 'test/reference/tiny-vit/checkpoint.pth' },
      load: { network: 'student', numHeads: 3 },
      ...{ inputs: { images: '/images' }, options: {}, engine: 'eager' },
    },
    { ...quiet, signal: new AbortController().signal },
  );
  expect(loaded.backbone).toMatchObject({ kind: 'vit', numHeads: 3 });
  expect(record.checkpoint).toEqual({ name: loaded.name, network: 'student' });
  expect(seen.by?.network).toBe(loaded);
  expect(seen.reading).toEqual({ tables: {}, signal: expect.any(AbortSignal) });
});

it('of what nobody wants any more nothing is begun', async () => {
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  const seen: { by?: Computing } = {};
  const work = evaluateCheckpoint(
    {
      ...{ evaluation: counting(seen), checkpoint: '/run', network, inputs: { images: '/images' } },
      ...{ options: {}, engine: 'eager' },
    },
    {
      ...{ progress: () => undefined, warn: () => undefined, note: () => undefined, leftOut: () => undefined },
      signal: stop.signal,
    },
  );
  await expect(work).rejects.toThrow('enough');
  expect(seen.by).toBeUndefined();
});
