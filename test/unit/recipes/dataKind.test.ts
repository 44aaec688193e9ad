/** CONTRIBUTING's "Add a data kind", with one that does not exist. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { forNode } from '../../../scripts/bundles.mjs';
import { run, setting } from '../cli/dino.js';
import { temporaryFolder } from '../runs/temporaryFolder.js';
import { tinySettings, writeImages } from '../training/images.js';
import { bundleWith, sourceOf } from './bundleWith.js';

const REGISTERED = {
  'src/data/modalities/index.ts': [
    ['import { images }', `import { spectra } from ${sourceOf('spectra.ts')};\nimport { images }`],
    ['[images]', '[spectra, images]'],
  ],
} as const;
const PROGRAMS = { cli: 'src/cli.ts', cropWorker: 'src/data/cropWorker.ts' };
const TORN = 5;

function writeSpectra(): string {
  const folder = temporaryFolder();
  const lines = Array.from({ length: 24 }, (_, index) =>
    Array.from({ length: 64 }, (_, at) => Math.sin((at * (index + 1)) / 20).toFixed(4)).join(','),
  );
  lines[TORN - 1] = 'no,spectrum';
  writeFileSync(join(folder, 'spectra.csv'), `${lines.join('\n')}\n`);
  return folder;
}

it('A data kind that nobody knew is opened, cut into views by threads, and trained on by DINO', async () => {
  const bundles = await bundleWith(REGISTERED, PROGRAMS, forNode);
  const train = (data: string, out: string, ...more: string[]) =>
    run(process.execPath, [join(bundles, 'cli.cjs'), 'train', data, '--out', out, ...more]);
  const settings = (changes: Readonly<Record<string, unknown>>) => setting(tinySettings({ epochs: 1, ...changes }));
  const data = writeSpectra();

  const out = join(temporaryFolder(), 'run');
  const { stderr, code } = await train(data, out, ...settings({ in_chans: 1 }));
  expect(code, stderr).toBe(0);
  const log = readFileSync(join(out, 'log.txt'), 'utf8');
  expect(log).toContain('24 spectra, 6 steps an epoch');
  expect(log).toContain(`the spectrum line ${TORN} is left out: it is not all numbers`);
  const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trim().split('\n');
  const losses = lines.map((line) => (JSON.parse(line) as { loss: number }).loss);
  expect(losses).toHaveLength(6);
  expect(losses.every(Number.isFinite)).toBe(true);

  const refused = await train(data, join(temporaryFolder(), 'run'), ...settings({ in_chans: 3 }));
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('a spectrum has 1 channel.')]);

  const ofImages = join(temporaryFolder(), 'run');
  const images = await train(await writeImages(temporaryFolder(), 8), ofImages, ...settings({}), '--max-steps', '1');
  expect(images.code, images.stderr).toBe(0);
  expect(readFileSync(join(ofImages, 'log.txt'), 'utf8')).toContain('8 images, 2 steps an epoch');
});
