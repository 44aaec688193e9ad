/** A run that learns, of which tests change what they are about. */
import type { Evidence } from '../../../src/diagnosis/diagnosis.js';
import type { ProbeMetrics, SelfDistillationStep } from '../../../src/metrics/metricsLine.js';
import type { ImageFacts } from '../../../src/runs/run.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import type { Settings } from '../../../src/settings/settings.js';

/** 1 / sqrt(400) is .05, so that a feature_std of .025 is a spread of .5; ln K is 4.605. */
const BASE = {
  embed_dim: 400,
  num_heads: 4,
  out_dim: 1024,
  batch_size: 256,
  lr: 5e-4,
  epochs: 100,
  warmup_epochs: 10,
  num_workers: 1,
} as const;
/** Of an epoch: the rate warms up for 400. */
export const STEPS_PER_EPOCH = 40;
export const LN_K = Math.log(BASE.out_dim);
/** The first step that `steps` makes, after the warm-up. */
export const FIRST_STEP = 1001;

export const settings = (changes: Readonly<Record<string, unknown>> = {}): Settings =>
  resolveSettings({ set: { ...BASE, ...changes } }).settings;

/** @param at from 0 */
export const steps = (
  count: number,
  values: (at: number) => Partial<SelfDistillationStep> = () => ({}),
): SelfDistillationStep[] =>
  Array.from({ length: count }, (_, at) => ({
    ...{ step: FIRST_STEP + at, epoch: 25, loss: 4, lr: 1e-4, weight_decay: 0.04 },
    ...{ teacher_momentum: 0.99, teacher_temp: 0.04, teacher_entropy: 3, kl: 1, grad_norm: 3, feature_std: 0.025 },
    ...{ images_per_s: 256, data_wait_ms: 0, time: 1000 * at },
    ...values(at),
  }));

export const probe = (step: number, values: Partial<ProbeMetrics> = {}): ProbeMetrics => ({
  ...{ step, epoch: 0, probe_images: 512, probe_view_agreement: 50, time: 0 },
  ...values,
});

export const sample = (changes: Partial<ImageFacts>): ImageFacts => ({
  ...{ images: 100, blank: 0, alike: 0, medianSide: 400, largestClass: 0 },
  ...changes,
});

export const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  settings: settings(),
  steps: steps(160),
  probes: [],
  stepsPerEpoch: STEPS_PER_EPOCH,
  images: 10_240,
  now: 200_000,
  ...changes,
});
