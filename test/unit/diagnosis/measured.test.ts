/** Real runs as they went: what was said of them, and when. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DIAGNOSIS_WINDOW, type Diagnosis, diagnose, type Evidence } from '../../../src/diagnosis/diagnosis.js';
import type { ProbeMetrics } from '../../../src/metrics/metricsLine.js';
import { resolveSettings } from '../../../src/settings/resolve.js';
import { probe, steps } from './evidence.js';

interface MeasuredRun {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly images: number;
  readonly stepsPerEpoch: number;
  /** Absent where the test has its own. */
  readonly probes?: readonly ProbeMetrics[];
  /** Loss, teacher entropy, feature_std. */
  readonly steps: readonly (readonly [number, number, number])[];
}

function runOf(name: string): MeasuredRun {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'measured', `${name}.json`), 'utf8'));
}

/** What is said after so many steps. */
function after(run: MeasuredRun, count: number, probes: readonly ProbeMetrics[] = run.probes ?? []): Diagnosis {
  const { settings } = resolveSettings({ set: run.settings });
  const { teacher_temp } = settings;
  const all = steps(count, (at) => {
    const [loss = 0, entropy = 0, spread = 0] = run.steps[at] ?? [];
    return { step: at + 1, loss, teacher_entropy: entropy, kl: loss - entropy, feature_std: spread, teacher_temp };
  });
  const evidence: Evidence = {
    settings,
    steps: all.slice(-DIAGNOSIS_WINDOW),
    probes: probes.filter(({ step }) => step <= count),
    stepsPerEpoch: run.stepsPerEpoch,
    images: run.images,
    now: 0,
  };
  return diagnose(evidence);
}

test('480 emoji with a warm-up of 30 steps swing, which is seen before step 100, with the remedy that worked', () => {
  const run = runOf('emoji-warmed-up-for-30-steps');
  expect(after(run, 60).kind).toBe('learning');
  const { kind, level, finding, remedy } = after(run, 96);
  expect([kind, level]).toEqual(['warm-up-too-short', 'warning']);
  expect(finding).toMatch(/^The loss swings between .* and the teacher entropy between .* after only 30 steps/);
  expect(remedy).toContain('Warm up for about 500 steps: warmup_epochs 17 (now 1)');
});

test('480 emoji that learn are left in peace', () => {
  const run = runOf('emoji-that-learns');
  const probes = [
    probe(0, { probe_images: 480, probe_knn: 38.3, probe_view_agreement: 42.5 }),
    probe(150, { probe_images: 480, probe_knn: 39, probe_view_agreement: 45, probe_neighbor_stability: 85.5 }),
    probe(300, { probe_images: 480, probe_knn: 40.4, probe_view_agreement: 49.8, probe_neighbor_stability: 82 }),
  ];
  for (let count = 30; count <= run.steps.length; count += 8) {
    const { kind, also } = after(run, count, probes);
    expect([count, kind, also]).toEqual([count, 'learning', []]);
  }
});

test('1,000 images of Fashion-MNIST whose features become worse: by k-NN, and without classes by what crops find', () => {
  // A 3-block ViT, peak rate after 124 of 372 steps: 44.1 % of 1,000 test images untrained, 37 to 38 % from step 124 on.
  const first = { probe_knn: 40.6, probe_view_agreement: 34.8 };
  const last = { probe_knn: 34, probe_view_agreement: 29.1, probe_neighbor_stability: 86.3 };
  const run = runOf('emoji-that-learns');
  const said = (with_: readonly (keyof ProbeMetrics)[]) => {
    const of = (values: Partial<ProbeMetrics>) =>
      Object.fromEntries(Object.entries(values).filter(([key]) => with_.some((one) => one === key)));
    return after({ ...run, stepsPerEpoch: 17 }, 310, [probe(0, of(first)), probe(300, of(last))]);
  };
  expect(said(['probe_knn', 'probe_view_agreement'])).toMatchObject({
    kind: 'warm-up-too-short',
    level: 'warning',
    finding: expect.stringMatching(
      /^The features have become worse .* give 34\.0 % of the images the right class.* 40\.6 %/,
    ),
  });
  expect(said(['probe_view_agreement'])).toMatchObject({
    finding: expect.stringMatching(/^The features have become worse .* 29\.1 % of the crops .* 34\.8 %/),
  });
});

test('480 emoji at a rate that is far too low: the flat loss is called by its cause, with a rate that suits the batch', () => {
  const said = after(runOf('emoji-at-a-rate-far-too-low'), 400);
  expect(said).toMatchObject({ kind: 'rate-too-low', symptom: 'flat', level: 'error' });
  expect(said.finding).toMatch(
    /^The loss stays at ln K = 5\.55 \(now 6\.\d\d\).* The learning rate is too low to learn/,
  );
  expect(said.remedy).toBe('Start a new run with other settings. Raise lr to about 0.008 (now 0.000001).');
});

test('480 emoji without a warm-up: it is the cause of a flat loss, then of features that are worse', () => {
  const run = runOf('emoji-without-warm-up');
  expect(after(run, 50)).toMatchObject({ kind: 'not-warmed-up', symptom: 'flat', level: 'error' });
  expect(after(run, 200)).toMatchObject({
    ...{ kind: 'not-warmed-up', level: 'warning' },
    remedy: expect.stringContaining('Warm it up: warmup_epochs 10 (now 0)'),
  });
});

test('480 emoji with the center of the last batch alone learn, and are left in peace', () => {
  const run = runOf('emoji-with-the-center-of-one-batch');
  for (let count = 30; count <= run.steps.length; count += 10) {
    const { kind, also } = after(run, count);
    expect([count, ['learning', 'warming-up'].includes(kind), also]).toEqual([count, true, []]);
  }
});

test('480 emoji collapse with a quick teacher and a high rate: of a teacher that is sharp it is not asked to be sharper', () => {
  const run = runOf('emoji-with-a-quick-teacher-at-a-high-rate');
  expect(after(run, 400)).toMatchObject({
    ...{ kind: 'uniform', level: 'error' },
    remedy: 'Start a new run with other settings. Lower lr (now 0.03); or raise momentum_teacher (now 0.9).',
  });
});
