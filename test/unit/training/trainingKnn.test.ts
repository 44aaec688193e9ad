import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMetrics } from '../../../src/runs/metricsFile.js';
import { metricsFile } from '../../../src/runs/run.js';
import { BackgroundWork } from '../../../src/training/backgroundWork.js';
import { train } from '../../../src/training/trainer.js';
import { tinySettings, writeImages } from './images.js';

let root: string;
let data: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'dino-knn-'));
  data = await writeImages(join(root, 'images'), 24);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('work beside the steps', () => {
  /** Pieces of 8 ms each, by a clock of its own. */
  function work(pieces: number, share = 0.05) {
    let now = 0;
    const made: number[] = [];
    async function* all(): AsyncGenerator<void> {
      for (let piece = 0; piece < pieces; piece++) {
        now += 8;
        made.push(piece);
        yield;
      }
    }
    return { made, of: new BackgroundWork(all(), share, () => now) };
  }

  it('takes its share of the time and no more than a piece beyond it', async () => {
    const { made, of } = work(100);
    for (let step = 1; step <= 50; step++) {
      expect(await of.advance(100)).toBe(false);
      expect(8 * made.length).toBeLessThanOrEqual(0.05 * 100 * step + 8);
    }
    expect(8 * made.length).toBeGreaterThan(0.05 * 100 * 50 - 8);
    expect(of.shareTaken).toBeCloseTo(0.05, 2);
  });

  it('says when all is done, and does the rest at once when it must', async () => {
    const { made, of } = work(3);
    expect(await of.advance(10_000)).toBe(true);
    const other = work(9);
    await other.of.finish();
    expect([made.length, other.made.length]).toEqual([3, 9]);
  });
});

async function trained(name: string, settings: Readonly<Record<string, unknown>>) {
  const log: string[] = [];
  const run = join(root, name);
  const end = await train(
    {
      data,
      run,
      resume: false,
      settings: [...tinySettings(), ...Object.entries(settings).map(([key, value]) => `${key}=${value}`)],
      maxSteps: 12,
    },
    {
      cropWorkerFile: resolve('dist/cropWorker.cjs'),
      stop: new AbortController().signal,
      events: { onProgress: () => undefined, onLog: (level, message) => log.push(`${level}: ${message}`) },
    },
  );
  expect(end).toMatchObject({ step: 12 });
  const lines = readMetrics(metricsFile(run));
  return {
    log,
    losses: lines.flatMap((line) => ('loss' in line ? [line.loss] : [])),
    evaluated: lines.filter((line) => 'knn_top1' in line),
  };
}

describe('k-NN during training', () => {
  it('is a line of the metrics, at the step it is of, and changes nothing of the training', async () => {
    const { log, losses, evaluated } = await trained('with', { knn_freq: 2, knn_k: 3 });
    expect(evaluated).toMatchObject([{ step: 12, epoch: 1, knn_top1: expect.any(Number), knn_top5: 100 }]);
    expect(log.join('\n')).toMatch(/k-NN of step 12: [\d.]+ % of 24 images are right/);
    expect((await trained('without', {})).losses).toEqual(losses);
  });

  it('takes classes from a table and tests other images', async () => {
    const table = join(root, 'labels.csv');
    const names = Array.from({ length: 24 }, (_, i) => `${i}.png`);
    writeFileSync(table, `name,class\n${names.map((name, i) => `${name},${i % 3}`).join('\n')}\n`);
    const { evaluated } = await trained('table', { knn_freq: 2, knn_k: 1, knn_labels: table });
    expect(evaluated).toHaveLength(1);
    const same = await trained('test', { knn_freq: 2, knn_k: 1, knn_test: data });
    expect(same.evaluated).toMatchObject([{ knn_top1: 100 }]);
  });

  it('that is not possible is refused before the run starts', async () => {
    const refused = (settings: Readonly<Record<string, unknown>>) =>
      trained('refused', { knn_freq: 1, ...settings }).then(
        () => 'no error',
        (error: Error) => error.message,
      );
    expect(await refused({ knn_k: 24 })).toBe(
      `knn_k is 24, but only 24 images in ${data} have a class, and each is tested by the others: lower knn_k.`,
    );
    expect(await refused({ knn_test: join(root, 'nowhere') })).toContain('There is no folder or file');
    const flat = join(root, 'flat');
    cpSync(join(data, 'lying'), flat, { recursive: true });
    expect(await refused({ knn_k: 1, knn_test: flat })).toBe(
      `knn_test needs classes, and the images in ${flat} have none: put each class in a sub-folder of its own.`,
    );
    expect(await refused({ knn_labels: join(root, 'no.csv') })).toContain('no.csv');
    expect(existsSync(join(root, 'refused'))).toBe(false);
  });
});
