/** What is said of settings and images before the first step, on both sides of each limit. */
import { describe, expect, it, test } from 'vitest';
import { type DiagnosisKind, diagnose, type Evidence } from '../../../src/diagnosis/diagnosis.js';
import { evidence, sample, settings } from './evidence.js';

type Case = readonly [
  kind: DiagnosisKind,
  within: Partial<Evidence>,
  beyond: Partial<Evidence>,
  finding: string,
  remedy: string,
];
const set = (values: Readonly<Record<string, unknown>>): Partial<Evidence> => ({ settings: settings(values) });
const NEW_RUN = 'Start a new run with other settings. ';

const CASES: readonly Case[] = [
  [
    'rate-too-low',
    set({ lr: 2e-5 }),
    set({ lr: 1.9e-5 }),
    'lr 0.000019 is for a batch of 256, and with a batch_size of 256 its highest is 0.000019',
    'Raise lr to about 0.0005 (now 0.000019)',
  ],
  [
    'rate-too-low',
    set({ batch_size: 16, lr: 5e-4 }),
    set({ batch_size: 4, lr: 5e-4 }),
    'lr 0.0005 is for a batch of 256, and with a batch_size of 4 its highest is 0.0000078',
    'Raise lr to about 0.032 (now 0.0005)',
  ],
  [
    'rate-too-high',
    set({ lr: 3e-3 }),
    set({ lr: 3.1e-3 }),
    'lr 0.0031 with a batch_size of 256 comes to 0.0031 at its highest, where 0.0005 is usual',
    'Lower lr to about 0.0005 (now 0.0031)',
  ],
  [
    'rate-too-high',
    set({ optimizer: 'sgd', lr: 0.7 }),
    set({ optimizer: 'sgd', lr: 0.71 }),
    'lr 0.71 with a batch_size of 256 comes to 0.71 at its highest, where 0.03 is usual',
    'Lower lr to about 0.03 (now 0.71)',
  ],
  [
    'rate-rises',
    set({ min_lr: 5e-4 }),
    set({ min_lr: 6e-4 }),
    'min_lr, 0.0006, where it ends, is above its peak, 0.0005',
    'Lower min_lr to 0.000005 (now 0.0006)',
  ],
  [
    'warm-up-too-long',
    set({ warmup_epochs: 50 }),
    set({ warmup_epochs: 51 }),
    'warms up for 51 of 100 epochs',
    'Lower warmup_epochs to about 10 (now 51); or train longer: epochs 510 (now 100)',
  ],
  [
    'warm-up-too-long',
    { ...set({ epochs: 20, warmup_epochs: 10 }), stepsPerEpoch: 60 },
    { ...set({ epochs: 20, warmup_epochs: 11 }), stepsPerEpoch: 60 },
    'warms up for 11 of 20 epochs',
    // A tenth would be 120 steps, which is too short.
    'Lower warmup_epochs to about 9 (now 11); or train longer: epochs 110 (now 20)',
  ],
  [
    'warm-up-too-long',
    { ...set({ epochs: 14, warmup_epochs: 7 }), stepsPerEpoch: 30 },
    { ...set({ epochs: 14, warmup_epochs: 10 }), stepsPerEpoch: 30 },
    'warms up for 10 of 14 epochs',
    'Train longer: epochs 100 (now 14)',
  ],
  [
    'teacher-too-slow',
    set({ momentum_teacher: 0.9997 }),
    set({ momentum_teacher: 0.9999 }),
    'with momentum_teacher 0.9999 it is still 82 % untrained after all 4000 steps',
    'Lower momentum_teacher to 0.996 (now 0.9999)',
  ],
  [
    'teacher-too-slow',
    { ...set({ momentum_teacher: 0.996 }), stepsPerEpoch: 4 },
    { ...set({ momentum_teacher: 0.998 }), stepsPerEpoch: 4 },
    'with momentum_teacher 0.998 it is still 67 % untrained after all 400 steps',
    'Lower momentum_teacher to 0.996 (now 0.998)',
  ],
  [
    'teacher-too-quick',
    set({ momentum_teacher: 0.9 }),
    set({ momentum_teacher: 0.89 }),
    'momentum_teacher 0.89',
    'Raise momentum_teacher to 0.996 (now 0.89)',
  ],
  [
    'teacher-too-soft',
    set({ teacher_temp: 0.09 }),
    set({ teacher_temp: 0.1 }),
    'The teacher temperature, 0.1, is too high: the teacher must be sharper than the student (student_temp 0.1)',
    'Lower teacher_temp to at most 0.07',
  ],
  [
    'teacher-too-soft',
    set({ warmup_teacher_temp: 0.2 }),
    set({ warmup_teacher_temp: 0.2, warmup_teacher_temp_epochs: 1 }),
    'The teacher temperature, 0.2, is too high',
    'Lower teacher_temp to at most 0.07',
  ],
  [
    'teacher-too-sharp',
    set({ teacher_temp: 0.01 }),
    set({ teacher_temp: 0.009 }),
    'The teacher temperature, 0.009, is too low',
    'Raise teacher_temp and warmup_teacher_temp to 0.04 (now 0.009)',
  ],
  [
    'student-too-soft',
    set({ student_temp: 0.49 }),
    set({ student_temp: 0.5 }),
    'The student temperature, 0.5, is too high',
    'Lower student_temp to 0.1 (now 0.5)',
  ],
  [
    'center-fixed',
    set({ center_momentum: 0.995 }),
    set({ center_momentum: 0.996 }),
    'center_momentum 0.996',
    'Lower center_momentum to 0.9 (now 0.996)',
  ],
  [
    'too-many-prototypes',
    set({ out_dim: 8191 }),
    set({ out_dim: 8192 }),
    '8192 prototypes (out_dim) are far too many for 10240 images',
    'Lower out_dim to 1024 (now 8192)',
  ],
  [
    'too-few-prototypes',
    set({ out_dim: 32 }),
    set({ out_dim: 31 }),
    '31 prototypes (out_dim) are too few',
    'Raise out_dim to 1024 (now 31)',
  ],
  [
    'bottleneck-too-narrow',
    set({ head_bottleneck_dim: 8 }),
    set({ head_bottleneck_dim: 7 }),
    'only 7 wide (head_bottleneck_dim)',
    'Raise head_bottleneck_dim to 256 (now 7)',
  ],
  [
    'one-patch',
    set({ image_size: 32, local_size: 32, patch_size: 16 }),
    set({ image_size: 16, local_size: 16, patch_size: 16 }),
    'A crop of 16 pixels (image_size) is a single patch of 16 pixels (patch_size)',
    'Lower patch_size to 4 (now 16); or raise image_size (now 16)',
  ],
  [
    'one-patch',
    set({ local_size: 16, local_crops_number: 0 }),
    set({ local_size: 16 }),
    'A crop of 16 pixels (local_size) is a single patch of 16 pixels (patch_size)',
    'Lower patch_size to 4 (now 16); or raise local_size (now 16)',
  ],
  [
    'global-crops-too-small',
    set({ global_crops_scale: [0.1, 0.2], local_crops_scale: [0.05, 0.1] }),
    set({ global_crops_scale: [0.1, 0.19], local_crops_scale: [0.05, 0.1] }),
    'global_crops_scale [0.1, 0.19]',
    'Set global_crops_scale to [0.4, 1] (now [0.1, 0.19])',
  ],
  [
    'local-crops-too-small',
    set({ local_crops_scale: [0.01, 0.05] }),
    set({ local_crops_scale: [0.01, 0.04] }),
    'local_crops_scale [0.01, 0.04]',
    'Set local_crops_scale to [0.05, 0.4] (now [0.01, 0.04])',
  ],
  [
    'crops-exchanged',
    set({ global_crops_scale: [0.2, 0.4], local_crops_scale: [0.2, 0.4] }),
    set({ global_crops_scale: [0.2, 0.4], local_crops_scale: [0.2, 0.5] }),
    'local_crops_scale [0.2, 0.5], global_crops_scale [0.2, 0.4]',
    'Set global_crops_scale to [0.4, 1] and local_crops_scale to [0.05, 0.4]',
  ],
  [
    'views-alike',
    set({ global_crops_scale: [0.89, 1], local_crops_scale: [0.9, 0.9], jitter_strength: 0.25 }),
    set({ global_crops_scale: [0.9, 1], local_crops_scale: [0.9, 0.9], jitter_strength: 0.25 }),
    'global_crops_scale [0.9, 1], jitter_strength 0.25',
    'Set global_crops_scale to [0.4, 1] (now [0.9, 1]); or raise jitter_strength to 1 (now 0.25)',
  ],
  [
    'views-alike',
    set({ global_crops_scale: [1, 1], local_crops_number: 0, jitter_strength: 0.26 }),
    set({ global_crops_scale: [1, 1], local_crops_number: 0, jitter_strength: 0 }),
    'global_crops_scale [1, 1], jitter_strength 0',
    'Set global_crops_scale to [0.14, 1] (now [1, 1])',
  ],
  [
    'colors-destroyed',
    set({ jitter_strength: 2 }),
    set({ jitter_strength: 2.1 }),
    'jitter_strength 2.1, solarize_probability 0.2',
    'Lower jitter_strength to 1 (now 2.1).',
  ],
  [
    'colors-destroyed',
    set({ solarize_probability: 0.6 }),
    set({ solarize_probability: 0.7 }),
    'jitter_strength 1, solarize_probability 0.7',
    'Lower solarize_probability to 0.2 (now 0.7).',
  ],
  [
    'blurred-away',
    set({ blur_radius: [0.1, 28] }),
    set({ blur_radius: [0.1, 29] }),
    'up to 29 pixels (blur_radius) leaves little of a crop of 224 pixels',
    'Lower blur_radius to [0.1, 2] (now [0.1, 29])',
  ],
  [
    'weight-decay-too-high',
    set({ weight_decay: 1, weight_decay_end: 1 }),
    set({ weight_decay: 1.1, weight_decay_end: 0.4 }),
    'weight_decay 1.1, weight_decay_end 0.4',
    'Set weight_decay to 0.04 (now 1.1) and weight_decay_end to 0.4 (now 0.4)',
  ],
  [
    'weight-decay-too-high',
    set({ weight_decay_end: 1 }),
    set({ weight_decay_end: 1.5 }),
    'weight_decay 0.04, weight_decay_end 1.5',
    'weight_decay_end to 0.4 (now 1.5)',
  ],
  [
    'drop-path-too-high',
    set({ drop_path_rate: 0.49 }),
    set({ drop_path_rate: 0.5 }),
    'drop_path_rate 0.5): the last block of the student is skipped 50 % of the time',
    'Lower drop_path_rate to 0.1 (now 0.5)',
  ],
  [
    'clipped-to-nothing',
    set({ clip_grad: 2e-5 }),
    set({ clip_grad: 1e-5 }),
    'clip_grad 0.00001',
    'Set clip_grad to 3 (now 0.00001)',
  ],
  [
    'batch-too-small',
    set({ batch_size: 4, lr: 0.03 }),
    set({ batch_size: 3, lr: 0.03 }),
    'A batch_size of 3 is too small',
    'Raise batch_size to 16 (now 3)',
  ],
  [
    'batch-too-small',
    { ...set({ batch_size: 4, lr: 0.03 }), images: 6 },
    { ...set({ batch_size: 2, lr: 0.06 }), images: 6 },
    'A batch_size of 2 is too small',
    'Raise batch_size to 6 (now 2)',
  ],
  [
    'too-few-steps',
    { ...set({ epochs: 5, warmup_epochs: 1 }), stepsPerEpoch: 10 },
    { ...set({ epochs: 5, warmup_epochs: 1 }), stepsPerEpoch: 9 },
    'only 45 steps (epochs 5, with 9 in each)',
    'Raise epochs to about 56 (now 5); or lower batch_size (now 256)',
  ],
  [
    'last-layer-frozen',
    set({ freeze_last_layer: 50 }),
    set({ freeze_last_layer: 51 }),
    'for 51 of 100 epochs (freeze_last_layer)',
    'Lower freeze_last_layer to 1 (now 51).',
  ],
  [
    'last-layer-frozen',
    set({ epochs: 2, warmup_epochs: 1, freeze_last_layer: 1 }),
    set({ epochs: 1, warmup_epochs: 0, freeze_last_layer: 5 }),
    'for 1 of 1 epochs (freeze_last_layer)',
    'Lower freeze_last_layer to 0 (now 5); or train longer: raise epochs (now 1)',
  ],
  [
    'blank-images',
    { sample: sample({ blank: 24 }) },
    { sample: sample({ blank: 25 }) },
    'Of 100 sampled images, 25 are blank',
    'Take the blank images out',
  ],
  [
    'images-alike',
    { sample: sample({ alike: 49 }) },
    { sample: sample({ alike: 50 }) },
    'Of 100 sampled images, 50 look the same as another one',
    'Take the duplicates out',
  ],
  [
    'images-enlarged',
    { sample: sample({ medianSide: 112 }) },
    { sample: sample({ medianSide: 111 }) },
    'a side of at most 111 pixels, and the crops have 224 (image_size)',
    'Set image_size to about 111',
  ],
  [
    'unreadable-images',
    { images: 10_000, unreadable: 199 },
    { images: 10_000, unreadable: 200 },
    '200 of 10000 images (2 %) cannot be read',
    'Look at the log',
  ],
  [
    'too-few-images',
    { images: 20 },
    { images: 19 },
    'too small to learn from (images: 19)',
    'Add images of the same kind, 100 or more',
  ],
];

test.each(['sgd', 'lars'])("of %s neither the warm-up nor the decay is judged by AdamW's limits", (optimizer) => {
  const given = {
    ...evidence(),
    ...set({ optimizer, lr: 0.03, warmup_epochs: 0, weight_decay: 2, weight_decay_end: 2 }),
  };
  const all = diagnose(given);
  const kinds = all ? [all, ...all.also].map(({ kind }) => kind) : [];
  expect(kinds).not.toContain('not-warmed-up');
  expect(kinds).not.toContain('weight-decay-too-high');
});

describe('a mistake', () => {
  it.each(CASES)('%s is named beyond its limit only', (kind, within, beyond, finding, remedy) => {
    const kinds = (changes: Partial<Evidence>) => {
      const { also, ...first } = diagnose(evidence({ ...changes, steps: [] }));
      return [first, ...also].filter(({ level }) => level === 'warning').map((one) => one.kind);
    };
    expect(kinds(within)).not.toContain(kind);
    expect(kinds(beyond)).toContain(kind);
    const { also, ...first } = diagnose(evidence({ ...beyond, steps: [] }));
    const said = [first, ...also].find((one) => one.kind === kind);
    expect(said?.finding).toContain(finding);
    expect(said?.remedy).toContain(remedy);
    expect(said?.title).toMatch(/^[a-z]/);
  });

  it.each(CASES)('%s is the first thing that is said when it is the only one', (kind, _within, beyond) => {
    const { kind: first, level, also } = diagnose(evidence({ ...beyond, steps: [] }));
    if (also.every((one) => one.level === 'note')) expect([first, level]).toEqual([kind, 'warning']);
    expect(diagnose(evidence(beyond)).kind, 'while it seems to learn, too').toBe(first);
  });
});

test('a run without mistakes has none, and settings need a new run where images do not', () => {
  expect(diagnose(evidence({ steps: [] }))).toMatchObject({ kind: 'too-early', level: 'note', also: [] });
  expect(diagnose(evidence())).toMatchObject({ kind: 'learning', level: 'good', also: [] });
  expect(diagnose(evidence({ settings: settings({ student_temp: 1 }) })).remedy).toMatch(new RegExp(`^${NEW_RUN}`));
  expect(diagnose(evidence({ images: 19 })).remedy).toMatch(/^Add images/);
});

test.each([
  ['no-local-crops', { settings: settings({ local_crops_number: 0 }) }, { settings: settings() }],
  ['too-few-images', { images: 99 }, { images: 100 }],
  ['images-shrunk', { sample: sample({ medianSide: 3584 }) }, { sample: sample({ medianSide: 3583 }) }],
] satisfies [DiagnosisKind, Partial<Evidence>, Partial<Evidence>][])(
  '%s is a note beside what is seen',
  (kind, beyond, within) => {
    expect(diagnose(evidence(beyond))).toMatchObject({ kind: 'learning', also: [{ kind, level: 'note' }] });
    expect(diagnose(evidence(within))).toMatchObject({ kind: 'learning', also: [] });
  },
);

test('of several mistakes all are said, warnings first', () => {
  const { kind, also } = diagnose(
    evidence({ images: 50, settings: settings({ teacher_temp: 0.2, drop_path_rate: 0.9, local_crops_number: 0 }) }),
  );
  expect([kind, ...also.map((one) => one.kind)]).toEqual([
    'teacher-too-soft',
    'drop-path-too-high',
    'too-few-images',
    'no-local-crops',
  ]);
});

test('what is unknown yet is no mistake', () => {
  const unknown = evidence({
    steps: [],
    stepsPerEpoch: 0,
    sample: sample({ medianSide: 0 }),
    unreadable: 0,
    images: 100,
  });
  expect(diagnose(unknown)).toMatchObject({ kind: 'too-early', also: [] });
});

test.each([
  [[0.01, 0.05], [0.05, 0.4], 'global-crops-too-small'],
  [[0.05, 0.2], [0.4, 0.49], 'global-crops-too-small'],
  [[0.05, 0.2], [0.4, 0.5], 'crops-exchanged'],
] as const)(
  'global crops of %j with local ones of %j are one mistake: %s',
  (global_crops_scale, local_crops_scale, kind) => {
    const { also, ...first } = diagnose(evidence({ ...set({ global_crops_scale, local_crops_scale }), steps: [] }));
    expect([first, ...also].filter(({ level }) => level === 'warning').map((one) => one.kind)).toEqual([kind]);
  },
);

test('of fewer images than a batch needs, that is the mistake, and no larger batch is advised', () => {
  const settings = set({ batch_size: 1 });
  const said = (images: number) => diagnose(evidence({ ...settings, images, steps: [] }));
  expect(said(4).kind).toBe('batch-too-small');
  const { kind, remedy, also } = said(3);
  expect([kind, remedy]).toEqual(['too-few-images', 'Add images of the same kind, 100 or more; they need no labels.']);
  expect(also.map((one) => one.kind)).not.toContain('batch-too-small');
});

test('images that are too small are met by a smaller patch_size, where the network has patches', () => {
  const small = { sample: sample({ medianSide: 40 }), steps: [] };
  const remedy = (changes: Readonly<Record<string, unknown>>) =>
    diagnose(evidence({ ...small, ...set(changes) })).remedy;
  expect(remedy({})).toBe(
    `${NEW_RUN}Set image_size to about 40 with a smaller patch_size, as the preset small-data does.`,
  );
  expect(remedy({ arch: 'resnet50' })).toBe(`${NEW_RUN}Set image_size to about 40 (now 224).`);
});

test('images that cannot be read may be replaced without a new run, and explain nothing', () => {
  const damaged = { images: 100, unreadable: 50 };
  expect(diagnose(evidence({ ...damaged, steps: [] }))).toMatchObject({
    kind: 'unreadable-images',
    remedy: 'Look at the log, which names them, and replace them.',
  });
});
