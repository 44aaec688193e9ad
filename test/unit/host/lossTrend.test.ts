import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { LossTrend, trendImage } from '../../../src/host/lossTrend.js';
import { metricsFile } from '../../../src/runs/run.js';

const dir = mkdtempSync(path.join(os.tmpdir(), 'dino-lab-trend-'));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('is read on from where reading ended', async () => {
  const write = (from: number, to: number) => {
    for (let step = from; step <= to; step++)
      appendFileSync(
        metricsFile(dir),
        `${JSON.stringify({ step, epoch: 0, loss: 100 - step, time: 0, images_per_s: 1 })}\n`,
      );
  };
  const trend = new LossTrend(dir);
  expect(await trend.read(), 'a run that has made no step').toEqual([]);
  write(1, 4);
  expect(await trend.read()).toEqual([99, 98, 97, 96]);
  write(5, 5);
  expect(await trend.read()).toEqual([99, 98, 97, 96, 95]);
});

it('is a line from the first to the last, high where the loss is', () => {
  const svg = Buffer.from(trendImage([4, 2, 3]).replace(/^data:image\/svg\+xml;base64,/, ''), 'base64').toString();
  expect(svg).toContain('points="3.0,3.0 120.0,45.0 237.0,24.0"');
  expect(trendImage([1, 1])).toMatch(/^data:image/);
});
