/** Two processes make a run in one folder at once: both have found it empty, and one of them comes second. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createRun, type NewRun, runFile } from '../../../src/runs/run.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import { temporaryFolder } from './temporaryFolder.js';

test('the second is told, and the first keeps its record', async () => {
  const dir = temporaryFolder();
  const { settings } = resolveSettings({});
  const ofDataset = (path: string): NewRun => ({ dir, settings, dataset: { path, fingerprint: path, images: 1 } });
  let first: Promise<unknown> | undefined;
  const second: NewRun = {
    ...ofDataset('/second'),
    // Asked for when the folder has been found empty, and before anything is written into it.
    get preset(): string {
      first ??= createRun(ofDataset('/first'));
      return 'small-data';
    },
  };
  await expect(createRun(second)).rejects.toThrow(`${dir} holds a run already: resume it, or choose another folder.`);
  expect(first).toBeDefined();
  await first;
  expect(JSON.parse(readFileSync(runFile(dir), 'utf8'))).toMatchObject({ dataset: { path: '/first' } });
});
