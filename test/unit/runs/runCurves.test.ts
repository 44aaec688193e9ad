import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMetrics } from '../../../src/runs/metricsFile.js';
import { tableHead, tableRows } from '../../../src/runs/metricsTable.js';
import { RunCurves } from '../../../src/runs/runCurves.js';
import { temporaryFolder } from './temporaryFolder.js';

const line = (step: number, loss = 5, time = 1000 * step): string =>
  `${JSON.stringify({ step, epoch: 0, loss, images_per_s: 8, time })}\n`;
const lines = (from: number, to: number, loss = 5): string =>
  Array.from({ length: to - from + 1 }, (_, i) => line(from + i, loss)).join('');
const column = (change: { columns: Readonly<Record<string, Float64Array>> } | undefined, name: string): number[] => [
  ...(change?.columns[name] ?? []),
];

test('curves grow with the file, and start over when the run went back', async () => {
  const path = join(temporaryFolder(), 'metrics.jsonl');
  const curves = new RunCurves(path, ['loss'], 8, 100);
  const before = await curves.read();
  expect(column(before, 'step')).toEqual([]);

  writeFileSync(path, `${lines(1, 10)}{"step":10,"epoch":0,"measured":"something else"}\n`);
  const steps = await curves.read();
  expect(column(steps, 'step')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(await curves.read()).toBeUndefined();

  appendFileSync(path, line(11));
  const grown = await curves.read();
  expect([grown?.from, column(grown, 'step')]).toEqual([10, [11]]);

  // Resumed from step 5, and as long as before by now.
  writeFileSync(path, lines(1, 5) + lines(6, 30, 2));
  const anew = await curves.read();
  expect([anew?.from, column(anew, 'loss')]).toEqual([0, [...Array(5).fill(5), ...Array(25).fill(2)]]);
  writeFileSync(path, lines(1, 3));
  const shorter = await curves.read();
  expect([shorter?.from, column(shorter, 'step')]).toEqual([0, [1, 2, 3]]);
});

test('a run of 100,000 steps is read in slices and stays within the bound', async () => {
  const path = join(temporaryFolder(), 'metrics.jsonl');
  writeFileSync(path, lines(1, 100_000));
  const curves = new RunCurves(path, ['loss'], 8, 1500);
  const steps = await curves.read();
  const all = column(steps, 'step');
  expect(all.length).toBeGreaterThan(700);
  expect(all.length).toBeLessThanOrEqual(1500);
  expect(all.at(-1)).toBe(100_000);
});

test('the time between two sessions is not counted as training', async () => {
  const path = join(temporaryFolder(), 'metrics.jsonl');
  writeFileSync(path, line(1) + line(2) + line(3, 5, 90_000_000) + line(4, 5, 90_001_000));
  const steps = await new RunCurves(path, ['loss'], 8, 100).read();
  expect(column(steps, 'seconds')).toEqual([1, 2, 3, 4]);
});

test('the table has a row for each step, and names that are safe in a spreadsheet', () => {
  const path = join(temporaryFolder(), 'metrics.jsonl');
  writeFileSync(path, line(1) + line(2, 4));
  const [first, second, end] = tableRows('=a, "b"', readMetrics(path)).split('\n');
  const names = tableHead().trimEnd().split(',');
  expect(names.slice(0, 4)).toEqual(['run', 'step', 'epoch', 'loss']);
  // Of the metrics, the line has the images per second and the time besides.
  const between = ','.repeat(names.indexOf('images_per_s') - names.indexOf('loss'));
  const behind = ','.repeat(names.length - 1 - names.indexOf('images_per_s'));
  expect(first).toBe(`"'=a, ""b""",1,0,5${between}8${behind}1000`);
  expect(second).toBe(`"'=a, ""b""",2,0,4${between}8${behind}2000`);
  expect(end).toBe('');
});
