/** What is measured besides in runs of DINOv2. */
import * as l10n from '@vscode/l10n';
import type { MetricSpec } from './metricSpec.js';
import { SELF_DISTILLATION_METRICS } from './selfDistillation.js';

const OF_STEPS = { format: 3, occasion: 'step', ofCalls: 'mean', curve: 'offered' } as const;
const TERM = { ...OF_STEPS, group: 'loss', unit: l10n.t('as minimized') } as const;

export const DINOV2_METRICS = [
  ...SELF_DISTILLATION_METRICS,
  {
    ...TERM,
    name: 'dino_global_crops_loss',
    title: l10n.t('DINO loss, global crops'),
    meaning: l10n.t("The loss's term of each global crop against the teacher's view of the other one."),
  },
  {
    ...TERM,
    name: 'dino_local_crops_loss',
    title: l10n.t('DINO loss, local crops'),
    meaning: l10n.t("The loss's term of each local crop against both of the teacher's views."),
  },
  {
    ...TERM,
    curve: 'shown',
    name: 'ibot_loss',
    title: l10n.t('iBOT loss'),
    meaning: l10n.t("The loss's term of masked patches against what the teacher makes of the same patches."),
  },
  {
    ...TERM,
    curve: 'shown',
    name: 'koleo_loss',
    title: l10n.t('KoLeo loss'),
    meaning: l10n.t("The loss's term that spreads the features of a batch; it may be below 0."),
  },
  {
    ...OF_STEPS,
    name: 'total_loss',
    title: l10n.t('Loss as DINOv2 prints it'),
    unit: l10n.t('not what is minimized'),
    meaning: l10n.t(
      'The sum that the original prints as total_loss: the DINO terms and the iBOT loss without their weights, and half of iBOT and KoLeo.',
    ),
    group: 'loss',
  },
  {
    ...OF_STEPS,
    name: 'ibot_teacher_entropy',
    title: l10n.t('Teacher entropy, patches'),
    unit: l10n.t('nats'),
    meaning: l10n.t("Mean entropy of the teacher's distributions of masked patches, from 0 to ln of the prototypes."),
    group: 'loss',
  },
  {
    ...OF_STEPS,
    name: 'dino_perplexity',
    title: l10n.t('Prototypes used'),
    unit: l10n.t('perplexity'),
    format: 1,
    meaning: l10n.t(
      "Perplexity of the teacher's mean distribution over a batch, from 1 to out_dim: how many prototypes the images use.",
    ),
    group: 'network',
  },
  {
    ...OF_STEPS,
    name: 'ibot_perplexity',
    title: l10n.t('Prototypes used by patches'),
    unit: l10n.t('perplexity'),
    format: 1,
    meaning: l10n.t(
      "Perplexity of the teacher's mean distribution over the masked patches of a batch; 0 without masks.",
    ),
    group: 'network',
  },
  {
    ...OF_STEPS,
    name: 'koleo_distance',
    title: l10n.t('Least neighbor distance'),
    unit: l10n.t('of normed features'),
    format: 'exponential',
    meaning: l10n.t(
      'The least distance of two images of a batch in their normed features, from 0, for the same image twice, to 2.',
    ),
    group: 'network',
  },
  {
    ...OF_STEPS,
    name: 'masked_share',
    title: l10n.t('Masked patches'),
    unit: l10n.t('share of a masked crop'),
    meaning: l10n.t('Share of the patches that are masked, of the crops that are masked, from 0 to 1.'),
    group: 'network',
  },
] as const satisfies readonly MetricSpec[];
