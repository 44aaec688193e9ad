import { describe, expect, it } from 'vitest';
import { isLive, isResumable, type RunSources, summarize } from '../../../src/host/runSummary.js';
import { describeRun, durationText, rowText, statusText } from '../../../src/host/wording.js';
import type { StepMetrics } from '../../../src/metrics/metricsLine.js';
import type { Run } from '../../../src/runs/run.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import { parseSettings } from '../../../src/settings/settings.js';

const config = parseSettings(resolveSettings({ set: { epochs: 10, batch_size: 20, out_dim: 1024 } }).settings, '');
const run = (status: Run['status'], error?: string): Run => ({
  dir: '/runs/a',
  status,
  notes: {},
  record: {
    schemaVersion: 1,
    name: 'flowers',
    config,
    dataset: { path: '/flowers', fingerprint: 'f', images: 200 },
    seeds: { run: 0 },
    versions: {},
    status: status === 'interrupted' ? 'running' : status,
    createdAt: '2026-01-01T00:00:00.000Z',
    ...(error !== undefined && { error }),
    totals: { steps: 30, totalSteps: 100, stepsPerEpoch: 10, seconds: 5, unreadable: 0 },
  },
});
const progress = { phase: 'training', step: 42, totalSteps: 100, epoch: 4.2, epochs: 10, loss: 5.307 } as const;
/** A minute after the run was made. */
const now = Date.parse('2026-01-01T00:01:00.000Z');
const sources = (rest: Omit<RunSources, 'dir' | 'now'>): RunSources => ({ dir: '/runs/a', now, ...rest });

describe('summarize', () => {
  it('takes the newest of record and progress', () => {
    const summary = summarize(
      sources({
        disk: run('running'),
        training: { state: 'training', progress: { ...progress, imagesPerSecond: 41 } },
      }),
    );
    expect(summary).toMatchObject({ name: 'flowers', state: 'running', step: 42, epoch: 4.2, loss: 5.307 });
    expect(isLive(summary)).toBe(true);
    expect(statusText(summary)).toBe('DINO 42 % · loss 5.31 · 41 img/s');
    expect(describeRun(summary)).toBe('epoch 4.2/10 · loss 5.31 · 41 images/s · 29 s left');
    expect(rowText(summary)).toBe('▰▰▱▱▱ 42 % · 29 s left · loss 5.31');
    const { etaSeconds: _, ...beyond } = { ...summary, step: 2 * summary.totalSteps };
    expect(rowText(beyond)).toMatch(/^▰{5} 200 %/);
  });

  it('is there before its record', () => {
    const summary = summarize(sources({ training: { name: 'new', state: 'preparing' } }));
    expect(summary).toMatchObject({ name: 'new', state: 'preparing', step: 0 });
    expect(isResumable(summary)).toBe(false);
    expect(describeRun(summary)).toBe('preparing');
  });

  it('of a run of another process goes by its record and metrics', () => {
    const lastStep = { step: 50, loss: 4, images_per_s: 100 } as StepMetrics;
    const summary = summarize(sources({ disk: run('running'), recent: { steps: [lastStep], probes: [] } }));
    expect(summary).toMatchObject({ state: 'running', step: 50, epoch: 5, loss: 4, etaSeconds: 10 });
  });

  it('of a crash has its last words, though the record says otherwise', () => {
    const end = { kind: 'failed', message: 'It ended (signal SIGKILL).', stderr: ['one', 'two'] } as const;
    const summary = summarize(sources({ disk: run('interrupted'), training: { state: 'ended', progress, end } }));
    expect(summary).toMatchObject({
      state: 'failed',
      step: 42,
      problems: ['It ended (signal SIGKILL).', 'one', 'two'],
    });
    expect(isResumable(summary)).toBe(true);
    expect(summary.etaSeconds).toBeUndefined();
  });

  it('of a failed run has the reason of its record', () => {
    expect(summarize(sources({ disk: run('failed', 'The loss is NaN.') })).problems).toEqual(['The loss is NaN.']);
  });

  it('of a damaged record has the error, and no way to go on', () => {
    const summary = summarize(sources({ disk: { dir: '/runs/a', error: 'It is not JSON.' } }));
    expect(summary).toMatchObject({ name: 'a', state: 'broken', problems: ['It is not JSON.'] });
    expect(isResumable(summary)).toBe(false);
  });

  it('trusts the end that it saw over a record that was read before it', () => {
    const end = { kind: 'stopped', step: 42 } as const;
    const summary = summarize(sources({ disk: run('running'), training: { state: 'ended', progress, end } }));
    expect(summary).toMatchObject({ state: 'stopped', step: 42 });
    expect(rowText(summary)).toBe('stopped at 42 % · loss 5.31');
  });
});

describe('what is going on', () => {
  it('stands before the rest when it is something to act on, and comes with the remedy', () => {
    const summary = summarize({ ...sources({ disk: run('running') }), now: now + 3_600_000 });
    expect(summary.diagnosis).toMatchObject({ kind: 'stalled', remedy: expect.stringContaining('resume it') });
    expect(describeRun(summary)).toMatch(/^stalled · epoch 3\.0\/10/);
    expect(rowText(summary)).toBe('stalled · ▰▰▱▱▱ 30 %');
  });

  it('is not a stall while a run is being stopped, or when it has failed', () => {
    const late = { now: now + 3_600_000 };
    const stopping = summarize({ ...sources({ disk: run('running'), training: { state: 'stopping' } }), ...late });
    expect(stopping.diagnosis?.kind).toBe('too-early');
    const failed = summarize({ ...sources({ disk: run('failed', 'The disk is full.') }), ...late });
    expect(describeRun(failed)).toMatch(/^failed · /);
  });
});

describe('durationText', () => {
  it.each([
    [0.2, '1 s'],
    [59, '59 s'],
    [90, '2 min'],
    [3700, '1 h 2 min'],
    [400_000, '5 days'],
  ])('%s s is %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});
