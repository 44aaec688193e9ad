import { appendFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { SelfDistillationStep } from '../../../src/metrics/metricsLine.js';
import { dropMetricsAfter, openMetricsWriter, readMetrics, readMetricsFrom } from '../../../src/runs/metricsFile.js';
import { NO_SMALL_DISK, smallDisk } from './smallDisk.js';
import { temporaryFolder } from './temporaryFolder.js';

const line = (step: number): SelfDistillationStep => ({
  step,
  epoch: 0,
  loss: 5 / step,
  lr: 1e-4,
  weight_decay: 0.04,
  teacher_momentum: 0.99,
  teacher_temp: 0.04,
  teacher_entropy: 2,
  kl: 1,
  grad_norm: 3,
  feature_std: 0.07,
  images_per_s: 30,
  data_wait_ms: 0,
  time: 1_700_000_000_000 + step,
});
const file = () => join(temporaryFolder(), 'metrics.jsonl');

function write(path: string, ...steps: number[]): void {
  const writer = openMetricsWriter(path);
  for (const step of steps) writer.append(line(step));
  writer.close();
}

afterEach(() => {
  vi.useRealTimers();
});

describe('writing', () => {
  test('lines come back in order, without those that are no steps', () => {
    const path = file();
    const writer = openMetricsWriter(path);
    writer.append(line(1));
    writer.append(line(2));
    writer.close();
    appendFileSync(path, '{"step":2,"epoch":0,"measured":"something else"}\n');
    expect(readMetrics(path)).toEqual([line(1), line(2)]);
  });

  test('a line is in the file within a second, without a call', () => {
    vi.useFakeTimers();
    const path = file();
    const writer = openMetricsWriter(path);
    writer.append(line(1));
    expect(readMetrics(path)).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(readMetrics(path)).toHaveLength(1);
    writer.close();
  });

  test('a folder that is not there is named', () => {
    expect(() => openMetricsWriter('/nowhere/metrics.jsonl')).toThrow(
      'The metrics /nowhere/metrics.jsonl cannot be opened for writing: it does not exist.',
    );
  });

  test('a full disk is said at the next line, and what was written before stays', ({ skip }) => {
    const disk = smallDisk(4096);
    if (!disk) return skip(NO_SMALL_DISK);
    vi.useFakeTimers();
    const path = join(disk.path, 'metrics.jsonl');
    const writer = openMetricsWriter(path);
    for (let step = 1; step <= 100; step++) writer.append(line(step));
    vi.advanceTimersByTime(1000);
    expect(() => writer.append(line(101))).toThrow(`The metrics ${path} cannot be written: the disk is full`);
    writer.close();
    expect(readMetrics(path)[0]).toEqual(line(1));
  });

  test('after a kill amid a line, writing goes on in a line of its own', () => {
    const path = file();
    write(path, 1, 2);
    appendFileSync(path, '{"step":3,"lo');
    write(path, 3);
    expect(readMetrics(path).map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(3);
  });
});

describe('reading', () => {
  test('wherever the file is torn, the whole lines before it are read', () => {
    const path = file();
    write(path, 1, 2, 3);
    const whole = readFileSync(path);
    fc.assert(
      fc.property(fc.nat({ max: whole.length }), (size) => {
        writeFileSync(path, whole.subarray(0, size));
        const lines = whole.subarray(0, size).toString().split('\n').length - 1;
        expect(readMetrics(path)).toEqual([1, 2, 3].slice(0, lines).map(line));
      }),
    );
  });

  test('a damaged line in the middle costs that line alone', () => {
    const path = file();
    write(path, 1);
    appendFileSync(path, 'garbage\n{"step":"two"}\n[1]\n');
    appendFileSync(path, `${JSON.stringify(line(4))}\n`);
    expect(readMetrics(path).map(({ step }) => step)).toEqual([1, 4]);
  });

  test('a growing file is read on from where reading ended, each line once', () => {
    const path = file();
    expect(readMetricsFrom(path, 0)).toEqual({ lines: [], next: 0, restarted: false });
    write(path, 1, 2);
    const first = readMetricsFrom(path, 0);
    expect(first.lines.map(({ step }) => step)).toEqual([1, 2]);
    const third = `${JSON.stringify(line(3))}\n`;
    appendFileSync(path, third.slice(0, 20));
    expect(readMetricsFrom(path, first.next)).toEqual({ lines: [], next: first.next, restarted: false });
    appendFileSync(path, third.slice(20));
    expect(readMetricsFrom(path, first.next).lines).toEqual([line(3)]);
  });

  test('a line longer than what is read at once is passed over, and reading goes on behind it', () => {
    const path = file();
    write(path, 1);
    appendFileSync(path, `${'x'.repeat(3500)}\n`);
    write(path, 2);
    const steps: number[] = [];
    let reads = 0;
    for (let offset = -1, next = 0; next !== offset; reads++) {
      offset = next;
      const slice = readMetricsFrom(path, offset, 1000);
      steps.push(...slice.lines.map(({ step }) => step));
      next = slice.next;
    }
    expect(steps).toEqual([1, 2]);
    expect(reads).toBeLessThan(10);
  });

  test('a file that became shorter is read anew', () => {
    const path = file();
    write(path, 1, 2, 3);
    const { next } = readMetricsFrom(path, 0);
    dropMetricsAfter(path, 1);
    expect(readMetricsFrom(path, next)).toMatchObject({ lines: [line(1)], restarted: true });
  });
});

describe('resuming from a step', () => {
  test('what came after it is dropped, so that each step is there once', () => {
    const path = file();
    write(path, 1, 2, 3, 4);
    dropMetricsAfter(path, 2);
    write(path, 3, 4, 5);
    expect(readMetrics(path).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
  });

  test('a torn end is dropped with it, and an absent file stays absent', () => {
    const path = file();
    dropMetricsAfter(path, 2);
    expect(existsSync(path)).toBe(false);
    write(path, 1, 2, 3);
    truncateSync(path, readFileSync(path).length - 5);
    dropMetricsAfter(path, 1);
    expect(readMetrics(path)).toEqual([line(1)]);
  });
});

test('a line whose numbers are words is no measurement, and one whose number was not finite is', () => {
  const path = file();
  write(path, 1);
  appendFileSync(path, `${JSON.stringify({ ...line(2), lr: 'fast' })}\n`);
  appendFileSync(path, `${JSON.stringify({ ...line(3), kl: Number.NaN })}\n`);
  expect(readMetrics(path).map(({ step }) => step)).toEqual([1, 3]);
});
