/** The images that a run writes for TensorBoard. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { train } from '../../../src/training/trainer.js';
import { tinySettings, writeImages } from './images.js';

/** Names of the images that attention is drawn on in a run of one step. */
async function drawnOf(images: number): Promise<string[]> {
  const root = mkdtempSync(join(tmpdir(), 'dino-events-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const data = await writeImages(join(root, 'images'), images);
  const run = join(root, 'run');
  const { reason } = await train(
    { data, run, resume: false, maxSteps: 1, settings: tinySettings({ batch_size: 2, warmup_epochs: 0 }) },
    {
      cropWorkerFile: resolve('dist/cropWorker.cjs'),
      stop: new AbortController().signal,
      events: { onProgress: () => undefined, onLog: () => undefined },
    },
  );
  expect(reason).toBe('max-steps');
  const folder = join(run, 'tensorboard');
  const events = readdirSync(folder)
    .filter((name) => name.includes('tfevents'))
    .map((name) => readFileSync(join(folder, name), 'latin1'));
  // Before the first step and after it.
  const names = [...events.join('').matchAll(/attention\/(\w+\/\d+\.png)/g)].map(([, name]) => name ?? '');
  return [...new Set(names)].sort();
}

it('attention is drawn on four images, spread over the data set', async () => {
  // In the order of the data set: lying/0, 2, 4, 6, standing/1, 3, 5, 7.
  expect(await drawnOf(8)).toEqual(['lying/0.png', 'lying/4.png', 'standing/1.png', 'standing/5.png']);
});

it('nothing is drawn where there are too few images for a sample', async () => {
  expect(await drawnOf(7)).toEqual([]);
});
