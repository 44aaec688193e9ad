/** What is measured besides where a student matches the distribution of a teacher that is its moving average, as in DINO. */
import * as l10n from '@vscode/l10n';
import type { MetricSpec } from './metricSpec.js';

export const SELF_DISTILLATION_METRICS = [
  {
    name: 'teacher_entropy',
    title: l10n.t('Teacher entropy'),
    unit: l10n.t('nats'),
    format: 3,
    meaning: l10n.t("Mean entropy of the teacher's distributions, from 0 to ln(out_dim)."),
    occasion: 'step',
    group: 'loss',
    ofCalls: 'mean',
    curve: 'shown',
    result: 'offered',
  },
  {
    name: 'kl',
    title: 'KL',
    unit: l10n.t('nats, teacher to student'),
    format: 3,
    meaning: l10n.t('KL(teacher || student): the loss less the teacher entropy.'),
    occasion: 'step',
    group: 'loss',
    ofCalls: 'mean',
    curve: 'shown',
    result: 'shown',
  },
  {
    name: 'teacher_momentum',
    title: l10n.t('Teacher momentum'),
    unit: l10n.t('scheduled'),
    format: 5,
    meaning: l10n.t('The share of itself that the teacher keeps in the step.'),
    occasion: 'step',
    group: 'schedule',
    curve: 'offered',
    isExact: true,
  },
  {
    name: 'teacher_temp',
    title: l10n.t('Teacher temperature'),
    unit: l10n.t('scheduled'),
    format: 4,
    meaning: l10n.t("The temperature that divides the teacher's outputs before the softmax."),
    occasion: 'step',
    group: 'schedule',
    curve: 'offered',
    isExact: true,
  },
] as const satisfies readonly MetricSpec[];
