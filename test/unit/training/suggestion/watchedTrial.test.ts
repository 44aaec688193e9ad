/** What a trial makes of the steps that it hears of: on a clock of its own, without a training. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TrainPhase } from '../../../../src/protocol/worker.js';
import { tryOut } from '../../../../src/training/suggestion/trial.js';
import type { trainPrepared } from '../../../../src/training/trainer.js';
import { TINY, writeImages } from '../images.js';

/** So many milliseconds after the one before. */
interface Event {
  readonly after: number;
  /** Kilobytes that the process has had at its peak by then. */
  readonly peak?: number;
  /** Milliseconds that its threads have worked meanwhile. */
  readonly cpu?: number;
  readonly phase: TrainPhase;
  readonly step: number;
}

const play = vi.hoisted(() => ({ train: vi.fn<typeof trainPrepared>() }));
vi.mock('../../../../src/training/trainer.js', () => ({ trainPrepared: play.train }));

let now = 0;
let [cpu, peak] = [0, 0];
let data: string;
beforeAll(async () => {
  data = await writeImages(mkdtempSync(join(tmpdir(), 'dino-images-')), 12);
});
beforeEach(() => {
  [cpu, peak] = [0, 0];
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.spyOn(process, 'resourceUsage').mockImplementation(() => ({ maxRSS: peak }) as NodeJS.ResourceUsage);
  vi.spyOn(process.memoryUsage, 'rss').mockReturnValue(2048);
  // Whatever is measured takes ten milliseconds.
  vi.spyOn(process, 'cpuUsage').mockImplementation(() => {
    cpu += 10;
    return { user: 1000 * cpu, system: 0 };
  });
});

const step = (number: number, after: number): Event => ({ phase: 'training', step: number, after });
const steps = (count: number, ms: number) => Array.from({ length: count }, (_, i) => step(i + 1, ms));

/** @param events of the run, which ends when it is stopped, or with the last */
async function tried(events: readonly Event[], end: object = { reason: 'stopped' }) {
  play.train.mockImplementation(async (_, __, { events: heard, stop }) => {
    for (const { after, phase, step, ...more } of events) {
      now += after;
      cpu += more.cpu ?? 0;
      peak = more.peak ?? peak;
      heard.onProgress({ phase, step, totalSteps: 300, epoch: step / 3, epochs: 100 });
      if (stop.aborted && phase === 'training') break;
    }
    return { step: 0, checkpoint: undefined, ...end } as never;
  });
  const settings = { ...TINY, epochs: 100, engine: 'eager', saveckp_freq: 0, checkpoints_mb: 0 };
  return tryOut(
    { data, settings },
    { stop: new AbortController().signal, cropWorkerFile: resolve('dist/cropWorker.cjs') },
  );
}

it.each([
  ['twenty steps, of a second', 1000, 20],
  ['eight seconds of shorter ones', 100, 80],
  ['twenty steps in just eight seconds', 400, 20],
  ['thirty seconds of long ones', 5000, 6],
  ['one that takes longer than that', 40_000, 1],
])('it ends after %s', async (_, ms, made) => {
  const trial = await tried([step(0, 0), ...steps(300, ms)]);
  expect(trial?.stepsMade).toBe(made);
  expect(trial?.pace.step).toBeCloseTo(ms / 1000, 9);
});

it('the time before the first step is the start of the run', async () => {
  const { pace, seconds } = (await tried([
    { phase: 'compiling', step: 0, after: 2000 },
    { phase: 'saving', step: 0, after: 1000 },
    step(0, 500),
    ...steps(300, 1000),
  ])) ?? { pace: undefined, seconds: 0 };
  // The checkpoint before the first step is a part of it.
  expect(pace).toMatchObject({ start: 3.5, save: 0 });
  // 300 steps, their probes, and the start.
  expect(seconds).toBeGreaterThan(303.5);
  expect(seconds).toBeLessThan(303.5 + 1.1 * 300 * 0.2);
});

it('a checkpoint between two steps is no part of a step, and what tells the same step again is none', async () => {
  const before = steps(10, 1000);
  const saving = { phase: 'saving', step: 10, after: 0 } as const;
  const after = Array.from({ length: 290 }, (_, i) => step(11 + i, 1000));
  const trial = await tried([step(0, 0), ...before, saving, step(10, 3000), ...after]);
  expect(trial?.stepsMade).toBe(20);
  expect(trial?.pace).toMatchObject({ step: 1, laterStep: 1, save: 3, end: 0 });
});

it('what is saved at the end is the end of the run, and stands for a checkpoint where there was none', async () => {
  const end = [
    { phase: 'saving', step: 4, after: 0 },
    { phase: 'ended', step: 4, after: 2500 },
  ] as const;
  const trial = await tried([step(0, 0), ...steps(4, 1000), ...end]);
  expect(trial).toMatchObject({ stepsMade: 4, pace: { end: 2.5, save: 2.5, step: 1 } });
});

it('a run that is over before its first step cannot be timed, and one that fails says why', async () => {
  await expect(tried([step(0, 0)], { reason: 'finished' })).rejects.toThrow(
    'The run ended before its steps could be timed: it has too few of them.',
  );
  await expect(tried([step(0, 0)], { reason: 'failed', message: 'The loss is NaN.' })).rejects.toThrow(
    'The loss is NaN.',
  );
});

it('what decoding takes is saved in later epochs, where too few of their steps are made to tell', async () => {
  const worked = steps(300, 5000).map((step) => ({ ...step, cpu: 390 }));
  // Four images of ten milliseconds each, of 400 that the threads work in a step.
  const { pace } = (await tried([step(0, 0), ...worked])) ?? {};
  expect(pace?.step).toBe(5);
  expect(pace?.laterStep).toBeCloseTo(0.9 * 5, 9);
});

describe('the memory of the run is the peak of the process', () => {
  const memory = async (...first: readonly Event[]) => (await tried([...first, ...steps(300, 1000)]))?.memory;
  const compiling = { phase: 'compiling', step: 0, after: 0, peak: 1000 } as const;
  const saving = { phase: 'saving', step: 0, after: 0, peak: 5000 } as const;

  it('where it was reached after the compile', async () => {
    expect(await memory(compiling, saving, { ...step(0, 0), peak: 6000 })).toBe(6000 * 1024);
    expect(await memory(compiling, step(0, 0), { ...step(1, 1000), peak: 6000 })).toBe(6000 * 1024);
  });

  it('since then, where the compile took more: a run finds compiled what the trial has compiled', async () => {
    expect(await memory(compiling, saving, step(0, 0))).toBe(2048);
    expect(await memory(compiling, { ...step(0, 0), peak: 5000 })).toBe(2048);
  });
});
