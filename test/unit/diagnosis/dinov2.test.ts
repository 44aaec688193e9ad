/** What goes wrong in DINOv2 alone, on both sides of each limit. */
import { expect, it } from 'vitest';
import { diagnose } from '../../../src/diagnosis/diagnosis.js';
import type { Dinov2Step } from '../../../src/metrics/metricsLine.js';
import { evidence, LN_K, settings, steps } from './evidence.js';

const set = (changes: Readonly<Record<string, unknown>> = {}) =>
  settings({
    ...{ method: 'dinov2', patch_size: 4, image_size: 24, local_size: 12, momentum_teacher: 0.99 },
    ...{
      teacher_temp: 0.04,
      warmup_teacher_temp_epochs: 0,
      global_crops_scale: [0.4, 1],
      local_crops_scale: [0.05, 0.4],
    },
    ...changes,
  });

/** A run that learns: a loss of several terms, of which DINO's is 4. */
const HEALTHY = {
  loss: 9,
  dino_global_crops_loss: 1,
  dino_local_crops_loss: 3,
  ibot_loss: 4,
  koleo_loss: 1,
  total_loss: 7,
  ibot_teacher_entropy: 3,
  dino_perplexity: 700,
  ibot_perplexity: 300,
  koleo_distance: 0.3,
  masked_share: 0.29,
};

const of = (changes: Partial<Dinov2Step>, settings = set()) =>
  diagnose(
    evidence({
      settings,
      steps: steps(160, () => ({ ...HEALTHY, ...changes }) as Partial<Dinov2Step>),
    }),
  );

it('a run that learns has none of it, though its loss is above ln K', () => {
  expect(of({ loss: 20 }).kind).toBe('learning');
});

it.each<[string, Partial<Dinov2Step>, Partial<Dinov2Step>, string]>([
  [
    'patches-alike',
    { ibot_perplexity: 100 },
    { ibot_perplexity: 1.4 },
    'The iBOT loss has collapsed: the teacher gives all masked patches the same prototype.',
  ],
  [
    'patches-alike',
    { ibot_teacher_entropy: 0.96 * LN_K, ibot_perplexity: 1000 },
    { ibot_teacher_entropy: 0.98 * LN_K, ibot_perplexity: 1000 },
    'The iBOT loss has collapsed: to the teacher all prototypes fit every patch alike (entropy 6.79 of ln K = 6.93).',
  ],
  [
    'one-hot',
    { teacher_entropy: 0.021 * LN_K },
    { teacher_entropy: 0.019 * LN_K },
    'The teacher is too sharp: each of its targets is a single prototype (entropy 0.13 of ln K = 6.93).',
  ],
  ['prototypes-unused', { dino_perplexity: 110 }, { dino_perplexity: 100 }, 'use only about 100 of 1024 prototypes'],
  [
    'prototypes-unused',
    { ibot_perplexity: 21 },
    { ibot_perplexity: 20 },
    'The masked patches of a batch use only about 20 of 1024 prototypes.',
  ],
  [
    'neighbors-alike',
    { koleo_distance: 0.011 },
    { koleo_distance: 0.009 },
    'KoLeo is driven by duplicates: in 100 % of the batches two images have the same features',
  ],
  [
    'masks-too-large',
    { masked_share: 0.23 },
    { masked_share: 0.22 },
    'The masks do not fit the grid of 6 x 6 patches: 22 % of a masked crop are hidden, where 29 % are asked for.',
  ],
])('%s', (kind, within, beyond, finding) => {
  expect(of(within).kind).toBe('learning');
  const diagnosis = of(beyond);
  expect(diagnosis.kind).toBe(kind);
  expect(diagnosis.finding).toContain(finding);
  expect(diagnosis.remedy).toBeDefined();
});

it('prototypes that Sinkhorn-Knopp has to spread each target over are said before the first step', () => {
  const before = (changes: Readonly<Record<string, unknown>>) =>
    diagnose(evidence({ settings: set({ batch_size: 8, lr: 0.004, ...changes }), steps: [] }));
  const sinkhorn = { centering: 'sinkhorn_knopp', out_dim: 8192 };
  const kinds = (changes: Readonly<Record<string, unknown>>) => {
    const { kind, also } = before(changes);
    return [kind, ...also.map(({ kind }) => kind)];
  };
  expect(kinds(sinkhorn)).toContain('prototypes-shared-thin');
  expect(kinds({ ...sinkhorn, out_dim: 4096 })).not.toContain('prototypes-shared-thin');
  expect(kinds({ ...sinkhorn, centering: 'centering' })).not.toContain('prototypes-shared-thin');
});

it('of steps that are made in parts, each part shares the prototypes among its own crops', () => {
  const said = (changes: Readonly<Record<string, unknown>>) =>
    diagnose(
      evidence({
        settings: set({ batch_size: 32, centering: 'sinkhorn_knopp', out_dim: 8192, ...changes }),
        steps: [],
      }),
    );
  const all = ({ also, ...first }: ReturnType<typeof said>) => [first, ...also];
  expect(all(said({})).map(({ kind }) => kind)).not.toContain('prototypes-shared-thin');
  const thin = all(said({ gradient_accumulation_steps: 4 })).find(({ kind }) => kind === 'prototypes-shared-thin');
  expect(thin?.finding).toBe(
    '8192 prototypes (out_dim) are too many for Sinkhorn-Knopp with 16 global crops: it uses all of them alike, and so spreads each target over 512 or more.',
  );
  expect(
    all(said({ gradient_accumulation_steps: 4, method: 'dino' })).map(({ kind }) => kind),
    'DINO has no Sinkhorn-Knopp',
  ).not.toContain('prototypes-shared-thin');
});

it('steps in which no patch was masked say nothing of patches', () => {
  const seen = (perplexity: number) =>
    diagnose(
      evidence({
        settings: set(),
        steps: steps(
          160,
          (at) => ({ ...HEALTHY, ibot_perplexity: at % 2 === 0 ? 0 : perplexity }) as Partial<Dinov2Step>,
        ),
      }),
    ).kind;
  expect(seen(1.4)).toBe('patches-alike');
  expect(seen(1.6)).not.toBe('patches-alike');
  const unmasked = { ibot_perplexity: 0, ibot_teacher_entropy: 0, masked_share: 0 };
  expect(of(unmasked, set({ mask_sample_probability: 0, ibot_loss_weight: 0 })).kind).toBe('learning');
});

it.each<[string, Partial<Dinov2Step>, string, string]>([
  [
    'one prototype for all patches',
    { ibot_perplexity: 1.4 },
    'Raise teacher_temp (now 0.04); or set centering to sinkhorn_knopp; or lower lr (now 0.0005).',
    'Raise teacher_temp (now 0.04); or lower lr (now 0.0005).',
  ],
  [
    'all prototypes for every patch',
    { ibot_teacher_entropy: 0.98 * LN_K, ibot_perplexity: 1000 },
    'Lower teacher_temp and warmup_teacher_temp (now 0.04); or set centering to sinkhorn_knopp; or lower lr (now 0.0005).',
    'Lower teacher_temp and warmup_teacher_temp (now 0.04); or lower lr (now 0.0005).',
  ],
  [
    'few prototypes',
    { dino_perplexity: 100 },
    'Set centering to sinkhorn_knopp; or lower out_dim (now 1024).',
    'Lower out_dim (now 1024).',
  ],
])('against %s, what is not set already is advised', (_name, changes, byCentering, bySinkhorn) => {
  const advised = (centering: string) => of(changes, set({ centering })).remedy;
  expect(advised('centering')).toBe(`Start a new run with other settings. ${byCentering}`);
  expect(advised('sinkhorn_knopp')).toBe(`Start a new run with other settings. ${bySinkhorn}`);
});

it('duplicates drive KoLeo in a quarter of the batches, where it counts at all', () => {
  const kindOf = (alike: number, koleo_loss_weight = 0.1) =>
    diagnose(
      evidence({
        settings: set({ koleo_loss_weight }),
        steps: steps(160, (i) => ({ ...HEALTHY, koleo_distance: i % 40 < alike ? 0.005 : 0.3 }) as Partial<Dinov2Step>),
      }),
    ).kind;
  expect([kindOf(10), kindOf(9), kindOf(40, 0)]).toEqual(['neighbors-alike', 'learning', 'learning']);
  expect(of({ koleo_distance: 0.01 }).kind).toBe('learning');
});
