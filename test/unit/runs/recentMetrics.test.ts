import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRecent } from '../../../src/runs/recentMetrics.js';
import { temporaryFolder } from './temporaryFolder.js';

const step = (at: number) =>
  JSON.stringify({ step: at, epoch: 0, loss: 4, teacher_entropy: 3, kl: 1, feature_std: 0.05, lr: 1e-4, time: at });
const probe = (at: number) =>
  JSON.stringify({ step: at, epoch: 0, probe_images: 512, probe_view_agreement: at, time: at });
/** Steps, and a probe after every hundredth and before the first. */
const written = (name: string, count: number): string => {
  const path = join(temporaryFolder(), name);
  const lines = Array.from({ length: count }, (_, i) => [step(i + 1), ...((i + 1) % 100 === 0 ? [probe(i + 1)] : [])]);
  writeFileSync(path, `${[probe(0), ...lines.flat()].join('\n')}\n`);
  return path;
};

test('of a short run everything is read, each probe once', () => {
  const { steps, probes } = readRecent(written('short', 150), 160);
  expect(steps).toHaveLength(150);
  expect(probes.map((one) => one.step)).toEqual([0, 100]);
});

test('of a long run the newest steps, and of the probes the first and the newest', () => {
  const { steps, probes } = readRecent(written('long', 20_000), 160);
  expect(steps.map((one) => one.step)).toEqual(Array.from({ length: 160 }, (_, i) => 19_841 + i));
  expect([probes[0]?.step, probes.at(-1)?.step]).toEqual([0, 20_000]);
  expect(probes.length).toBeLessThan(20);
});

test('of no file there is nothing, of a run of an earlier version no probe', () => {
  expect(readRecent(join(temporaryFolder(), 'none'), 160)).toEqual({ steps: [], probes: [] });
  const path = join(temporaryFolder(), 'old');
  writeFileSync(path, `${step(1)}\n${step(2)}\n`);
  expect(readRecent(path, 1)).toMatchObject({ steps: [{ step: 2 }], probes: [] });
});
