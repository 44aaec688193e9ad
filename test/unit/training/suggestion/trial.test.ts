import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { type TrialProgress, tryOut } from '../../../../src/training/suggestion/trial.js';
import { importedTeacher, STUDENT } from '../distilled.js';
import { TINY, writeImages } from '../images.js';

const surroundings = { stop: new AbortController().signal, cropWorkerFile: resolve('dist/cropWorker.cjs') };
const trials = () => readdirSync(tmpdir()).filter((name) => name.startsWith('dino-trial-'));
let data: string;
beforeAll(async () => {
  data = await writeImages(mkdtempSync(join(tmpdir(), 'dino-images-')), 12);
});

it('a trial says what it does, and what the run takes', async () => {
  const said: TrialProgress[] = [];
  const settings = { ...TINY, engine: 'eager', batch_size: 4, epochs: 1 };
  const trial = await tryOut({ data, settings }, { ...surroundings, onProgress: (progress) => said.push(progress) });
  expect(trial).toMatchObject({ stepsMade: 3 });
  expect(trial?.seconds).toBeGreaterThan(0);
  expect(said.map(({ phase }) => phase)).toContain('compiling');
  expect(said.at(-1)).toMatchObject({ phase: 'ended', engine: 'eager', stepsMade: 3 });
});

it('a trial of which no step has been made in time gives nothing, and leaves nothing', async () => {
  const before = trials();
  const settings = { ...TINY, engine: 'eager', batch_size: 4, epochs: 1 };
  expect(await tryOut({ data, settings }, { ...surroundings, mostSeconds: 0 })).toBeUndefined();
  expect(trials().filter((name) => !before.includes(name))).toEqual([]);
});

it('a run whose teacher is computed before the first step is not tried out, and nothing is left', async () => {
  const before = trials();
  const outputs = join(mkdtempSync(join(tmpdir(), 'dino-outputs-')), 'outputs');
  const settings = { ...STUDENT, distill_from: await importedTeacher(), distill_outputs: outputs };
  await expect(tryOut({ data, settings }, surroundings)).rejects.toThrow(
    'A run with distill_outputs is not measured, since its teacher is computed before the first step',
  );
  expect(existsSync(outputs)).toBe(false);
  expect(trials().filter((name) => !before.includes(name))).toEqual([]);
});
