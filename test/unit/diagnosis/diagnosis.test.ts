/** What the diagnosis makes of numbers that no training of today writes, and how it is put into other words. */
import * as l10n from '@vscode/l10n';
import { afterEach, describe, expect, test } from 'vitest';
import { diagnose, diagnoseRun } from '../../../src/diagnosis/diagnosis.js';
import type { SelfDistillationStep } from '../../../src/metrics/metricsLine.js';
import type { RunRecord, RunStatus } from '../../../src/runs/run.js';
import { resolveSettings } from '../../../src/settings/resolve.js';

const { settings } = resolveSettings({ set: { out_dim: 1024, warmup_epochs: 0 } });
const step = (at: number, kl: number): SelfDistillationStep => ({
  ...{ step: at, epoch: 0, loss: 3, lr: 1e-4, weight_decay: 0.04, teacher_momentum: 0.99, teacher_temp: 0.04 },
  ...{ teacher_entropy: 2, kl, grad_norm: 3, feature_std: 0.07, images_per_s: 30, data_wait_ms: 0, time: 1000 * at },
});
const diagnosed = (kl: (at: number) => number) => {
  const steps = Array.from({ length: 50 }, (_, i) => step(i + 1, kl(i)));
  return diagnose({ settings, steps, probes: [], stepsPerEpoch: 10, images: 1000, now: 51_000 });
};

afterEach(() => l10n.config({ contents: {} }));

test('a number that was not measured is no 0, which would be a collapse', () => {
  const read = (kl: number) => JSON.parse(JSON.stringify({ kl })).kl as number;
  expect(diagnosed((at) => (at === 0 ? 1 : read(Number.NaN)))).toMatchObject({ kind: 'learning' });
});

const fineTuned = (losses: readonly number[]) =>
  diagnose({
    settings: { ...settings, method: 'finetune' },
    steps: losses.map((loss, at) => JSON.parse(JSON.stringify({ ...step(at + 1, 0), loss }))),
    ...{ probes: [], stepsPerEpoch: 10, images: 1000, now: 31_000 },
  });

test('a loss of fine-tuning that was not finite is left out of the mean, as it is no 0', () => {
  const { finding } = fineTuned(Array.from({ length: 30 }, (_, at) => (at === 0 ? Number.NaN : 3)));
  expect(finding).toContain('the loss is 3.000, mean of the newest 30 steps');
});

test('fine-tuning is judged by its newest 30 steps, and not before there are so many', () => {
  const losses = (early: number, newest: number) => [...Array(early).fill(9), ...Array(newest).fill(2)];
  expect(fineTuned(losses(0, 29))).toMatchObject({
    kind: 'too-early',
    finding: 'Too early to say: the first 30 steps are needed.',
  });
  expect(fineTuned(losses(20, 30)).finding).toBe('Fine-tuning: the loss is 2.000, mean of the newest 30 steps.');
});

describe('a run without a step for more than ten minutes', () => {
  const MADE = '2026-01-01T10:00:00.000Z';
  const STARTED = '2026-01-01T12:00:00.000Z';
  const kindOf = (status: RunStatus, changes: Partial<RunRecord>, after: string) => {
    const record: RunRecord = {
      ...{ schemaVersion: 1, name: 'cats', config: settings, seeds: { run: 0 }, versions: {}, createdAt: MADE },
      dataset: { path: '/cats', fingerprint: '', images: 1000 },
      totals: { steps: 0, totalSteps: 100, stepsPerEpoch: 10, seconds: 0, unreadable: 0 },
      status: status === 'interrupted' ? 'running' : status,
      ...changes,
    };
    const now = Date.parse(after) + 600_001;
    return diagnoseRun({ dir: '/runs/cats', record, status, notes: {} }, { steps: [], probes: [] }, now).kind;
  };

  test('has stalled while it trains, counted from when it began to train or was resumed', () => {
    expect(kindOf('running', { startedAt: STARTED }, STARTED)).toBe('stalled');
    expect(kindOf('running', { startedAt: STARTED }, MADE)).toBe('too-early');
    expect(kindOf('running', {}, MADE), 'by an earlier version, which noted no start').toBe('stalled');
  });

  test('has not stalled when it does not train', () => {
    const statuses = ['created', 'stopped', 'finished', 'failed', 'interrupted'] as const;
    for (const status of statuses) expect(kindOf(status, { startedAt: STARTED }, STARTED), status).toBe('too-early');
  });

  test('has not stalled while it computes the outputs of its teacher', () => {
    expect(kindOf('running', { startedAt: STARTED, computesTeacher: true }, STARTED)).toBe('too-early');
  });
});

test('it is said in the words of the bundle', () => {
  l10n.config({ contents: { 'Learning: {0}, KL {1}.': 'Lernt: {0}, KL {1}.', learning: 'lernt' } });
  expect(diagnosed(() => 1)).toMatchObject({
    title: 'lernt',
    finding: expect.stringMatching(/^Lernt: .*, KL 1\.00\.$/),
  });
});
