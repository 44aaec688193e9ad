/** Two processes make a run in one folder at once: both have found it empty, and one of them comes second. */
import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { createRun, runFile } from '../../../src/runs/run.js';
import { resolveSettings } from '../../../src/runs/settings.js';
import { temporaryFolder } from './temporaryFolder.js';

vi.mock('node:fs', async (original) => ({ ...(await original<typeof import('node:fs')>()), readdirSync: () => [] }));

test('the second is told, and the first keeps its record', async () => {
  const dir = temporaryFolder();
  const { settings } = resolveSettings({});
  const dataset = (path: string) => ({ path, fingerprint: path, images: 1 });
  await createRun({ dir, settings, dataset: dataset('/first') });
  const record = readFileSync(runFile(dir), 'utf8');
  await expect(createRun({ dir, settings, dataset: dataset('/second') })).rejects.toThrow(
    `${dir} holds a run already: resume it, or choose another folder.`,
  );
  expect(readFileSync(runFile(dir), 'utf8')).toBe(record);
});
