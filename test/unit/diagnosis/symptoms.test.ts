/** What the newest steps and the probes show, on both sides of each limit. */
import { describe, expect, it, test } from 'vitest';
import { type DiagnosisKind, diagnose, type Evidence } from '../../../src/diagnosis/diagnosis.js';
import { countSwings } from '../../../src/diagnosis/symptoms/swinging.js';
import type { ProbeMetrics, SelfDistillationStep } from '../../../src/metrics/metricsLine.js';
import { evidence, FIRST_STEP, LN_K, probe, STEPS_PER_EPOCH, settings, steps } from './evidence.js';

const kindOf = (changes: Partial<Evidence>): DiagnosisKind => diagnose(evidence(changes)).kind;
/** Steps that are all alike; entropies and losses as shares of ln K. */
const at = ({
  entropy,
  kl,
  ...others
}: { entropy: number; kl: number } & Partial<SelfDistillationStep>): Partial<Evidence> => ({
  steps: steps(160, () => ({
    teacher_entropy: entropy * LN_K,
    kl: kl * LN_K,
    loss: (entropy + kl) * LN_K,
    ...others,
  })),
});
/** The rate warms up until after the last step. */
const WARMING = { settings: settings({ warmup_epochs: 50 }) };

const CASES: readonly (readonly [
  kind: DiagnosisKind,
  level: string,
  within: Partial<Evidence>,
  beyond: Partial<Evidence>,
  finding: string,
  remedy: string,
])[] = [
  [
    'one-dimension',
    'error',
    at({ entropy: 0.02, kl: 0.01 }),
    at({ entropy: 0.019, kl: 0.01 }),
    'Collapsed to one dimension: the teacher gives every image the same prototype (teacher entropy 0.13 of ln K = 6.93, 0 is collapse).',
    'Sharpen less: raise teacher_temp (now 0.04); or lower lr (now 0.0005).',
  ],
  [
    'one-dimension',
    'error',
    at({ entropy: 0.01, kl: 0.051 }),
    { ...at({ entropy: 0.01, kl: 0.049 }), settings: settings({ center_momentum: 0.95 }) },
    'Collapsed to one dimension',
    'Center more: center_momentum 0.9 (now 0.95); or sharpen less: raise teacher_temp (now 0.04).',
  ],
  [
    'uniform',
    'error',
    at({ entropy: 0.9699, kl: 0.01 }),
    at({ entropy: 0.971, kl: 0.01 }),
    'Collapsed to uniform: to the teacher all prototypes fit every image alike (teacher entropy 6.73 of ln K = 6.93',
    'Sharpen more: lower teacher_temp and warmup_teacher_temp (now 0.04); or lower lr (now 0.0005).',
  ],
  [
    'uniform',
    'error',
    at({ entropy: 0.98, kl: 0.0201 }),
    at({ entropy: 0.98, kl: 0.019 }),
    'Collapsed to uniform',
    'Sharpen',
  ],
  [
    'uniform',
    'error',
    { ...at({ entropy: 0.98, kl: 0.01 }), ...WARMING },
    { ...at({ entropy: 0.98, kl: 0.01 }), settings: settings({ out_dim: 1025 }) },
    'Collapsed to uniform',
    'or fewer prototypes: out_dim 1024 suits 10240 images (now 1025)',
  ],
  [
    'same-answers',
    'error',
    at({ entropy: 0.5, kl: 0.003 }),
    at({ entropy: 0.5, kl: 0.0029 }),
    "gives the teacher's answer for every crop (KL 0.0201)",
    'Lower lr (now 0.0005); or raise momentum_teacher (now 0.996)',
  ],
  [
    'same-features',
    'error',
    at({ entropy: 0.5, kl: 0.1, feature_std: 0.0025 }),
    at({ entropy: 0.5, kl: 0.1, feature_std: 0.0024 }),
    'nearly the same features (their spread is 0.0024, where about 0.03 is healthy)',
    'Lower lr (now 0.0005)',
  ],
  [
    'same-features',
    'error',
    { ...at({ entropy: 0.5, kl: 0.1, feature_std: 0.001 }), settings: settings({ batch_size: 7, lr: 0.02 }) },
    { ...at({ entropy: 0.5, kl: 0.1, feature_std: 0.001 }), settings: settings({ batch_size: 8, lr: 0.02 }) },
    'nearly the same features',
    'Lower lr (now 0.02)',
  ],
  [
    'flat',
    'error',
    at({ entropy: 0.8, kl: 0.169 }),
    at({ entropy: 0.8, kl: 0.171 }),
    'The loss stays at ln K = 6.93 (now 6.73)',
    'or raise freeze_last_layer (now 1) or warmup_epochs (now 10)',
  ],
  [
    'flat',
    'error',
    { ...at({ entropy: 0.8, kl: 0.2 }), ...WARMING },
    at({ entropy: 0.8, kl: 0.2 }),
    'The loss stays at ln K = 6.93',
    'or raise freeze_last_layer (now 1)',
  ],
  [
    'starved',
    'warning',
    { steps: steps(160, () => ({ data_wait_ms: 249 })) },
    { steps: steps(160, () => ({ data_wait_ms: 250 })) },
    'Starved of data: 25 % of the time the step waits for its images.',
    'Raise num_workers (now 1; resuming may change it); or keep smaller copies of the images, on a fast disk.',
  ],
  [
    'toward-uniform',
    'warning',
    at({ entropy: 0.849, kl: 0.05 }),
    at({ entropy: 0.851, kl: 0.05 }),
    'Coming close to collapse: the teacher is nearly uniform (teacher entropy 5.90 of ln K = 6.93) and the student nearly agrees (KL 0.35).',
    'Sharpen more',
  ],
  [
    'toward-uniform',
    'warning',
    at({ entropy: 0.9, kl: 0.061 }),
    at({ entropy: 0.9, kl: 0.059 }),
    'Coming close to collapse',
    'lower lr (now 0.0005)',
  ],
  [
    'toward-uniform',
    'warning',
    { ...at({ entropy: 0.9, kl: 0.05 }), ...WARMING },
    at({ entropy: 0.9, kl: 0.05 }),
    'Coming close to collapse',
    'Sharpen more',
  ],
  [
    'narrowing',
    'warning',
    at({ entropy: 0.81, kl: 0.1, feature_std: 0.0166 }),
    at({ entropy: 0.81, kl: 0.1, feature_std: 0.0164 }),
    'their spread is 0.016, where more than 0.017 is healthy (teacher entropy 5.61 of ln K = 6.93)',
    'Lower lr (now 0.0005); or sharpen more',
  ],
  [
    'narrowing',
    'warning',
    at({ entropy: 0.79, kl: 0.1, feature_std: 0.016 }),
    at({ entropy: 0.81, kl: 0.1, feature_std: 0.016 }),
    'much alike',
    'Lower lr',
  ],
  [
    'narrowing',
    'warning',
    at({ entropy: 0.5, kl: 0.1, feature_std: 0.0076 }),
    at({ entropy: 0.5, kl: 0.1, feature_std: 0.0074 }),
    'their spread is 0.007',
    'Lower lr',
  ],
  [
    'narrowing',
    'warning',
    { ...at({ entropy: 0.5, kl: 0.1, feature_std: 0.007 }), ...WARMING },
    at({ entropy: 0.5, kl: 0.1, feature_std: 0.007 }),
    'much alike',
    'Lower lr',
  ],
  [
    'narrowing',
    'warning',
    { ...at({ entropy: 0.5, kl: 0.1, feature_std: 0.007 }), settings: settings({ batch_size: 7, lr: 0.02 }) },
    { ...at({ entropy: 0.5, kl: 0.1, feature_std: 0.007 }), settings: settings({ batch_size: 8, lr: 0.02 }) },
    'much alike',
    'Lower lr',
  ],
  [
    'worse-features',
    'warning',
    { probes: [probe(0, { probe_knn: 40 }), probe(1100, { probe_knn: 35.5 })] },
    { probes: [probe(0, { probe_knn: 40 }), probe(1100, { probe_knn: 35.4 })] },
    'give 35.4 % of the images the right class, where those of the untrained network gave 40.0 %',
    'Lower lr (now 0.0005)',
  ],
  [
    'worse-features',
    'warning',
    { probes: [probe(0, { probe_knn: 1, probe_images: 64 }), probe(1100, { probe_knn: 0, probe_images: 64 })] },
    { probes: [probe(0, { probe_knn: 99, probe_images: 512 }), probe(1100, { probe_knn: 96, probe_images: 512 })] },
    'give 96.0 % of the images',
    'Lower lr',
  ],
  [
    'worse-features',
    'warning',
    { probes: [probe(0), probe(1100, { probe_view_agreement: 45.4 })] },
    { probes: [probe(0), probe(1100, { probe_view_agreement: 45.3 })] },
    '45.3 % of the crops have their own image among those nearest to them, where 50.0 % of the untrained network had',
    'Lower lr',
  ],
  [
    'worse-features',
    'warning',
    { probes: [probe(0, { probe_knn: 40 }), probe(1100, { probe_knn: 45, probe_view_agreement: 40 })] },
    { probes: [probe(0, { probe_knn: 40 }), probe(1100, { probe_knn: 44, probe_view_agreement: 40 })] },
    '40.0 % of the crops',
    'Lower lr',
  ],
  [
    'worse-features',
    'warning',
    { probes: [probe(0, { probe_images: 63 }), probe(1100, { probe_view_agreement: 10, probe_images: 63 })] },
    { probes: [probe(0, { probe_images: 64 }), probe(1100, { probe_view_agreement: 10, probe_images: 64 })] },
    '10.0 % of the crops',
    'Lower lr',
  ],
  [
    'worse-features',
    'warning',
    { probes: [probe(0), probe(400, { probe_view_agreement: 10 })] },
    { probes: [probe(0), probe(401, { probe_view_agreement: 10 })] },
    '10.0 % of the crops',
    'Lower lr',
  ],
  [
    'worse-features',
    'warning',
    { probes: [probe(100), probe(1100, { probe_view_agreement: 10 })] },
    { probes: [probe(0), probe(800), probe(1100, { probe_view_agreement: 10 })] },
    '10.0 % of the crops',
    'Lower lr',
  ],
  [
    'still',
    'warning',
    { probes: [probe(0), probe(100, { probe_untrained_neighbors: 97.9 })] },
    { probes: [probe(0), probe(100, { probe_untrained_neighbors: 98 })] },
    "after 100 steps 98 % of the images' nearest neighbors are the same",
    'Raise lr (now 0.0005); or lower momentum_teacher (now 0.996)',
  ],
  [
    'still',
    'warning',
    { probes: [probe(0), probe(99, { probe_untrained_neighbors: 100 })] },
    { probes: [probe(0), probe(100, { probe_untrained_neighbors: 100 })] },
    'still',
    'Raise lr',
  ],
  [
    'still',
    'warning',
    // The last steps of a run that learned change nothing, since its learning rate ends at 0; what lies between is not read.
    { probes: [probe(0), probe(900, { probe_neighbor_stability: 100, probe_untrained_neighbors: 60 })] },
    { probes: [probe(0), probe(900, { probe_neighbor_stability: 100, probe_untrained_neighbors: 99 })] },
    "after 900 steps 99 % of the images' nearest neighbors are the same",
    'Raise lr',
  ],
  [
    'still',
    'warning',
    // A resumed run does not know what the untrained network's were.
    { probes: [probe(0), probe(200, { probe_neighbor_stability: 100 })] },
    { probes: [probe(0), probe(200, { probe_neighbor_stability: 100, probe_untrained_neighbors: 100 })] },
    'still',
    'Raise lr',
  ],
  [
    'stalled',
    'warning',
    { steps: steps(10, (i) => ({ time: 10_000 * i })), runningSince: 0, now: 90_000 + 200_000 },
    { steps: steps(10, (i) => ({ time: 10_000 * i })), runningSince: 0, now: 90_000 + 200_001 },
    'Stalled: no step for 3 min, where a step takes 10 s.',
    'Look at the log, and at the memory and disk of the machine; or stop the run',
  ],
  [
    'stalled',
    'warning',
    { steps: steps(10, (i) => ({ time: 100 * i })), runningSince: 0, now: 900 + 60_000 },
    { steps: steps(10, (i) => ({ time: 100 * i })), runningSince: 0, now: 900 + 60_001 },
    'Stalled: no step for 1 min, where a step takes 0.10 s.',
    'Look at the log',
  ],
  [
    'stalled',
    'warning',
    { steps: [], runningSince: 0, now: 600_000 },
    { steps: [], runningSince: 0, now: 600_001 },
    'Stalled: no step for 10 min.',
    'Look at the log',
  ],
  [
    'stalled',
    'warning',
    { steps: steps(160), runningSince: 1_000_000, now: 1_060_000 },
    { steps: steps(160), runningSince: 1_000_000, now: 1_060_001 },
    'Stalled: no step for 1 min',
    'Look at the log',
  ],
];

describe('a symptom', () => {
  it.each(CASES)('%s (%s) is seen beyond its limit only', (kind, level, within, beyond, finding, remedy) => {
    expect(kindOf(within)).not.toBe(kind);
    const diagnosis = diagnose(evidence(beyond));
    expect(diagnosis).toMatchObject({ kind, level });
    expect(diagnosis.finding).toContain(finding);
    expect(diagnosis.remedy).toContain(remedy);
    expect(diagnosis.title).toMatch(/^[a-z]/);
  });
});

test('a change of the probes by three points is one, in either direction', () => {
  const after = (first: Partial<ProbeMetrics>, last: Partial<ProbeMetrics>) =>
    kindOf({ probes: [probe(0, first), probe(1100, last)] });
  const agreement = (percent: number, knn?: number): Partial<ProbeMetrics> => ({
    probe_view_agreement: percent,
    ...(knn !== undefined && { probe_knn: knn }),
  });
  expect(after(agreement(99), agreement(96))).toBe('worse-features');
  expect(after(agreement(99), agreement(96.1))).toBe('learning');
  expect(after(agreement(99, 1), agreement(90, 4)), 'better classes outweigh crops').toBe('learning');
  expect(after(agreement(99, 1), agreement(90, 3.9))).toBe('worse-features');
});

test('a loss that falls by more than 2 % of ln K is not flat', () => {
  const falling = (by: number) =>
    kindOf({ steps: steps(50, (i) => ({ loss: (i < 25 ? 0.99 + by : 0.99) * LN_K, teacher_entropy: 4, kl: 2 })) });
  expect(falling(0.019)).toBe('flat');
  expect(falling(0.021)).toBe('learning');
});

test('a loss that stays above ln K is told from one at it', () => {
  const finding = (share: number) => diagnose(evidence(at({ entropy: 0.5, kl: share - 0.5 }))).finding;
  expect(finding(1.24)).toMatch(/^The loss stays at ln K = 6\.93 \(now 8\.60\)/);
  expect(finding(1.26)).toMatch(/^The loss stays above ln K = 6\.93 \(now 8\.73\)/);
});

test('a run that diverged says so, whatever else there is', () => {
  const diverged = (changes: Readonly<Record<string, unknown>>) =>
    diagnose(evidence({ divergedAt: 7, steps: [], settings: settings(changes) }));
  expect(diverged({})).toMatchObject({
    kind: 'diverged',
    level: 'error',
    title: 'diverged',
    finding: 'Training diverged: at step 7 the loss or the gradient was no longer a finite number.',
    remedy: 'Lower lr (now 0.0005); or lower clip_grad.',
  });
  expect(diverged({ warmup_epochs: 0, clip_grad: 3.1 }).remedy).toBe(
    'Warm the learning rate up: it was not, warmup_epochs is 0; or lower lr (now 0.0005); or set clip_grad to 3 (now 3.1).',
  );
  expect(diverged({ clip_grad: 0, norm_last_layer: false }).remedy).toBe(
    'Lower lr (now 0.0005); or set clip_grad to 3 (now 0); or set norm_last_layer to true.',
  );
  expect(diverged({ warmup_epochs: 0, clip_grad: 0, norm_last_layer: false }).remedy, 'the three likeliest only').toBe(
    'Warm the learning rate up: it was not, warmup_epochs is 0; or lower lr (now 0.0005); or set clip_grad to 3 (now 0).',
  );
  expect(diverged({ weight_decay: 5 }).also).toMatchObject([{ kind: 'weight-decay-too-high' }]);
});

describe('a swing', () => {
  const up = (from: number, to: number) => [from, (from + to) / 2, to];

  test('goes by its height at least, each time the other way', () => {
    expect(countSwings([5, 5, 5], 1)).toBe(0);
    expect(countSwings(up(5, 5.9), 1)).toBe(0);
    expect(countSwings(up(5, 6), 1)).toBe(1);
    expect(countSwings([...up(5, 6), ...up(6, 9)], 1), 'further up is the same one').toBe(1);
    expect(countSwings([5, 6, 5.1, 6], 1), 'a small turn is none').toBe(1);
    expect(countSwings([5, 4, 5, 4], 1)).toBe(3);
    expect(countSwings([5, 4, 3, 3.9, 3.5, 4], 1), 'from its lowest').toBe(2);
    expect(countSwings([5, 6, 7, 6.1, 6], 1), 'from its highest').toBe(2);
  });

  /** 40 steps each way, as of 480 emoji with a warm-up of 30 steps. */
  const waves = (height: number, key: 'loss' | 'teacher_entropy') =>
    steps(160, (i) => ({ [key]: 3 + (Math.floor(i / 40) % 2 === 0 ? 0 : height * LN_K) }));

  test.each(['loss', 'teacher_entropy'] as const)('of the %s is seen when there are three and they are wide', (key) => {
    expect(diagnose(evidence({ steps: waves(0.16, key) }))).toMatchObject({
      kind: 'swinging',
      level: 'warning',
      finding: expect.stringMatching(/^The loss swings between \d\.\d and \d\.\d and the teacher entropy between/),
      remedy: expect.stringContaining('Lower lr (now 0.0005); or raise momentum_teacher (now 0.996).'),
    });
    expect(kindOf({ steps: waves(0.14, key) })).toBe('learning');
    expect(kindOf({ steps: waves(0.16, key).slice(0, 120) }), 'two are not enough').toBe('learning');
    expect(kindOf({ steps: waves(0.16, key), ...WARMING }), 'while the rate warms up').toBe('learning');
  });

  test('is told with the lowest and highest of loss and entropy', () => {
    const seen = steps(160, (i) => ({
      loss: Math.floor(i / 40) % 2 === 0 ? 2 : 5,
      teacher_entropy: i < 80 ? 3 : 3.5,
    }));
    expect(diagnose(evidence({ steps: seen })).finding).toBe(
      'The loss swings between 2.0 and 5.0 and the teacher entropy between 3.0 and 3.5 (ln K = 6.93): training does not settle.',
    );
  });

  test('within ten steps is noise', () => {
    expect(kindOf({ steps: steps(160, (i) => ({ loss: i % 10 < 5 ? 1 : 5 })) })).toBe('learning');
  });
});

describe('the cause of a symptom', () => {
  const swinging = steps(160, (i) => ({ loss: Math.floor(i / 40) % 2 === 0 ? 2 : 5 }));

  test('is the mistake that explains it, whose remedy comes first', () => {
    const short = evidence({
      steps: swinging,
      stepsPerEpoch: 30,
      settings: settings({ warmup_epochs: 1, epochs: 60 }),
    });
    expect(diagnose(short)).toMatchObject({
      kind: 'warm-up-too-short',
      level: 'warning',
      title: 'warm-up too short',
      finding: expect.stringMatching(
        /^The loss swings between .* The learning rate reached its highest, 0\.0005, after only 30 steps \(warmup_epochs 1\): that is too fast\.$/,
      ),
      remedy:
        'Start a new run with other settings. Warm up for about 500 steps: warmup_epochs 17 (now 1); or lower lr (now 0.0005).',
    });
    const few = diagnose({ ...short, settings: settings({ warmup_epochs: 1, epochs: 20 }) });
    expect(few.remedy).toContain('warmup_epochs 17 (now 1) with epochs 34 (now 20)');
  });

  test.each([
    [299, 5e-4, 'warm-up-too-short'],
    [300, 5e-4, 'swinging'],
    [299, 1e-4, 'swinging'],
    [299, 1.1e-4, 'warm-up-too-short'],
    [0, 5e-4, 'swinging'],
  ] as const)('a warm-up of %i steps to a peak of %f explains it or not: %s', (stepsPerEpoch, lr, kind) => {
    expect(kindOf({ steps: swinging, stepsPerEpoch, settings: settings({ warmup_epochs: 1, lr }) })).toBe(kind);
  });

  test.each([
    [1e-4, 'swinging'],
    [1.1e-4, 'not-warmed-up'],
  ] as const)('no warm-up to a peak of %f: %s', (lr, kind) => {
    expect(kindOf({ steps: swinging, settings: settings({ warmup_epochs: 0, lr }) })).toBe(kind);
    expect(kindOf({ settings: settings({ warmup_epochs: 0, lr }) }), 'harmless where all is well').toBe('learning');
  });

  test.each([
    [30, 100, 'Warm it up: warmup_epochs 10 (now 0)'],
    [29, 100, 'Warm up for about 500 steps: warmup_epochs 18 (now 0)'],
    [1000, 19, 'Warm up for about 500 steps: warmup_epochs 1 (now 0)'],
    [0, 100, 'Warm it up: warmup_epochs 10 (now 0)'],
  ])(
    'the warm-up that is advised is neither too short nor too long: %i steps an epoch, %i epochs',
    (stepsPerEpoch, epochs, remedy) => {
      const said = diagnose(
        evidence({ steps: swinging, stepsPerEpoch, settings: settings({ warmup_epochs: 0, epochs }) }),
      );
      expect(said.remedy).toContain(remedy);
    },
  );

  test.each([
    [0.5, 'swinging'],
    [0.49, 'center-jumps'],
  ] as const)('a center_momentum of %f: %s', (center_momentum, kind) => {
    const { remedy, ...said } = diagnose(evidence({ steps: swinging, settings: settings({ center_momentum }) }));
    expect(said.kind).toBe(kind);
    if (kind === 'center-jumps') expect(remedy).toContain('Raise center_momentum to 0.9 (now 0.49)');
    expect(kindOf({ settings: settings({ center_momentum }) }), 'harmless where all is well').toBe('learning');
  });

  test('of a high teacher temperature below that of the student counts where the teacher is uniform', () => {
    const uniform = at({ entropy: 0.98, kl: 0.01 });
    expect(kindOf({ ...uniform, settings: settings({ teacher_temp: 0.08 }) })).toBe('teacher-too-soft');
    expect(kindOf({ ...uniform, settings: settings({ teacher_temp: 0.07 }) })).toBe('uniform');
    expect(kindOf({ settings: settings({ teacher_temp: 0.08 }) })).toBe('learning');
  });

  test('of a collapse to one dimension may be a center that does not move', () => {
    const collapsed = at({ entropy: 0.01, kl: 0.01 });
    expect(diagnose(evidence({ ...collapsed, settings: settings({ center_momentum: 1 }) }))).toMatchObject({
      kind: 'center-fixed',
      level: 'error',
      finding: expect.stringMatching(/^Collapsed to one dimension: .* \(center_momentum 1\)/),
      remedy: 'Start a new run with other settings. Lower center_momentum to 0.9 (now 1).',
    });
  });

  test('is not a short warm-up where something else is set wrong', () => {
    const short = { steps: swinging, stepsPerEpoch: 30, images: 50 };
    const of = (changes: Readonly<Record<string, unknown>>) =>
      kindOf({ ...short, settings: settings({ warmup_epochs: 1, ...changes }) });
    expect(of({})).toBe('warm-up-too-short');
    expect(of({ local_crops_number: 0 }), 'a note is no suspect').toBe('warm-up-too-short');
    expect(of({ student_temp: 1 })).toBe('student-too-soft');
    expect(of({ clip_grad: 1e-6 }), 'though it does not explain this').toBe('swinging');
  });

  test('of features that stay as they were may be prototypes that are frozen', () => {
    const still = { probes: [probe(0), probe(100, { probe_untrained_neighbors: 99 })] };
    expect(kindOf(still)).toBe('still');
    expect(kindOf({ ...still, settings: settings({ freeze_last_layer: 51 }) })).toBe('last-layer-frozen');
  });

  test('is no mistake that does not bring it about', () => {
    const { kind, also } = diagnose(
      evidence({ steps: steps(160, () => ({ data_wait_ms: 900 })), settings: settings({ weight_decay: 9 }) }),
    );
    expect([kind, also.map((one) => one.kind)]).toEqual(['starved', ['weight-decay-too-high']]);
  });
});

test('what a collapse does to other numbers is not said, what else goes wrong beside a warning is', () => {
  const collapsed = diagnose(evidence(at({ entropy: 0.98, kl: 0.001, feature_std: 0 })));
  expect([collapsed.kind, collapsed.also]).toEqual(['uniform', []]);
  const starved = { data_wait_ms: 900, feature_std: 0.007 };
  const two = diagnose(evidence(at({ entropy: 0.5, kl: 0.1, ...starved })));
  expect([two.kind, two.also.map(({ kind }) => kind)]).toEqual(['starved', ['narrowing']]);
});

test('the first 30 steps say nothing', () => {
  const collapsed = (count: number) => kindOf({ steps: steps(count, () => ({ kl: 0 })) });
  expect(collapsed(29)).toBe('too-early');
  expect(collapsed(30)).toBe('same-answers');
  expect(diagnose(evidence({ steps: [] })).finding).toContain('the first 30 steps are needed');
});

test('a remedy names the temperature of the teacher as it is now, which may still be warming up', () => {
  const { remedy } = diagnose(evidence(at({ entropy: 0.01, kl: 0.01, teacher_temp: 0.03 })));
  expect(remedy).toContain('raise teacher_temp (now 0.03)');
});

test('the newest 50 steps tell where a run stands', () => {
  const late = (count: number) => steps(160, (i) => ({ kl: i >= 160 - count ? 0 : 100 }));
  expect(kindOf({ steps: late(49) })).toBe('learning');
  expect(kindOf({ steps: late(50) })).toBe('same-answers');
});

test('a rate that warms up makes a loss near ln K usual', () => {
  const warming = { ...at({ entropy: 0.8, kl: 0.2 }), ...WARMING };
  expect(diagnose(evidence(warming))).toMatchObject({
    kind: 'warming-up',
    level: 'note',
    title: 'warming up',
    finding:
      'The learning rate is still warming up (1.0e-4 until now, the highest comes after epoch 50): a loss near ln K = 6.93 is usual until then.',
  });
  expect(kindOf({ ...at({ entropy: 0.7, kl: 0.2 }), ...WARMING })).toBe('learning');
  // The newest 50 steps begin at step 1111: an epoch of 40 steps later they are past the warm-up.
  const lastOfWarmup = (FIRST_STEP + 110) / STEPS_PER_EPOCH;
  expect(lastOfWarmup).toBeLessThan(28);
  expect(kindOf({ ...warming, settings: settings({ warmup_epochs: 28 }) })).toBe('warming-up');
  expect(kindOf({ ...warming, settings: settings({ warmup_epochs: 27 }) })).toBe('flat');
});

test('a run that learns says by what', () => {
  expect(diagnose(evidence())).toEqual({
    kind: 'learning',
    level: 'good',
    title: 'learning',
    finding: 'Learning: teacher entropy 3.00 of ln K = 6.93, KL 1.00.',
    also: [],
  });
});
