/** What evaluations of a checkpoint measure: in training, every so many epochs, or when a person asks. */
import * as l10n from '@vscode/l10n';
import type { MetricSpec } from './metricSpec.js';

/** What they have in common. */
const OF_EVALUATIONS = {
  format: 2,
  occasion: 'evaluation',
  group: 'evaluation',
  identifies: true,
  isOptional: true,
  curve: 'offered',
  isExact: true,
} as const;

export const EVALUATION_METRICS = [
  {
    ...OF_EVALUATIONS,
    name: 'knn_top1',
    title: l10n.t('k-NN'),
    unit: l10n.t('% top-1'),
    meaning: l10n.t(
      'Percent of the test images (or, without any, of all images, each by the others) that the nearest training images give the right class.',
    ),
    result: 'shown',
  },
  {
    ...OF_EVALUATIONS,
    name: 'knn_top5',
    title: l10n.t('k-NN, top-5'),
    unit: l10n.t('% top-5'),
    meaning: l10n.t(
      'Percent of the images whose class is among the five that the nearest training images vote for most.',
    ),
    result: 'offered',
  },
  {
    ...OF_EVALUATIONS,
    name: 'knn_mae',
    title: l10n.t('k-NN regression'),
    unit: l10n.t('mean absolute error'),
    format: 3,
    meaning: l10n.t('How far the numbers that the nearest images tell are from the true ones, on average.'),
    lowIsGood: true,
    result: 'offered',
  },
  {
    ...OF_EVALUATIONS,
    name: 'knn_r2',
    title: l10n.t('k-NN regression, R²'),
    unit: 'R²',
    format: 3,
    meaning: l10n.t('What share of the spread of the true numbers the nearest images tell: 1 is all, 0 none.'),
    result: 'offered',
  },
  {
    ...OF_EVALUATIONS,
    name: 'linear_top1',
    title: l10n.t('Linear probe'),
    unit: l10n.t('% top-1'),
    meaning: l10n.t(
      'Percent of the test images that a linear classifier on the frozen features gives the right class.',
    ),
    result: 'shown',
  },
  {
    ...OF_EVALUATIONS,
    name: 'linear_top5',
    title: l10n.t('Linear probe, top-5'),
    unit: l10n.t('% top-5'),
    meaning: l10n.t(
      'Percent of the test images whose class is among the five that a linear classifier on the frozen features finds most likely.',
    ),
    result: 'offered',
  },
  {
    ...OF_EVALUATIONS,
    name: 'retrieval_medium',
    title: l10n.t('Retrieval, medium'),
    unit: l10n.t('% mAP'),
    meaning: l10n.t('Mean average precision, in percent, of finding the easy and the hard matches of each query.'),
    result: 'offered',
  },
  {
    ...OF_EVALUATIONS,
    name: 'retrieval_hard',
    title: l10n.t('Retrieval, hard'),
    unit: l10n.t('% mAP'),
    meaning: l10n.t('Mean average precision, in percent, of finding the hard matches of each query.'),
    result: 'offered',
  },
  {
    ...OF_EVALUATIONS,
    name: 'copies_strong',
    title: l10n.t('Copies, strong'),
    unit: l10n.t('% mAP'),
    meaning: l10n.t('Mean average precision, in percent, of finding the original of each strong copy.'),
    result: 'offered',
  },
  {
    ...OF_EVALUATIONS,
    name: 'copies_attacks',
    title: l10n.t('Copies, attacks'),
    unit: l10n.t('% mAP'),
    meaning: l10n.t(
      'Mean average precision, in percent, of finding the original of each copy that was made by an attack: the mean of all attacks and strengths.',
    ),
    result: 'offered',
  },
  {
    ...OF_EVALUATIONS,
    name: 'video_jf',
    title: l10n.t('Video'),
    unit: l10n.t('% J&F'),
    meaning: l10n.t(
      'How well labels that are carried through videos meet the truth: the mean of region similarity and contour accuracy, in percent.',
    ),
    result: 'offered',
  },
] as const satisfies readonly MetricSpec[];
