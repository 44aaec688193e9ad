/** What the diagnosis makes of numbers that no training of today writes, and how it is put into other words. */
import * as l10n from '@vscode/l10n';
import { afterEach, expect, test } from 'vitest';
import { diagnose } from '../../../src/diagnosis/diagnosis.js';
import type { SelfDistillationStep } from '../../../src/metrics/metricsLine.js';
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

test('a loss of fine-tuning that was not finite is left out of the mean, as it is no 0', () => {
  const steps = Array.from({ length: 30 }, (_, at) =>
    JSON.parse(JSON.stringify({ ...step(at + 1, 0), loss: at === 0 ? Number.NaN : 3 })),
  ) as SelfDistillationStep[];
  const { finding } = diagnose({
    settings: { ...settings, method: 'finetune' },
    ...{ steps, probes: [], stepsPerEpoch: 10, images: 1000, now: 31_000 },
  });
  expect(finding).toContain('the loss is 3.000, mean of the newest 30 steps');
});

test('it is said in the words of the bundle', () => {
  l10n.config({ contents: { 'Learning: {0}, KL {1}.': 'Lernt: {0}, KL {1}.', learning: 'lernt' } });
  expect(diagnosed(() => 1)).toMatchObject({
    title: 'lernt',
    finding: expect.stringMatching(/^Lernt: .*, KL 1\.00\.$/),
  });
});
