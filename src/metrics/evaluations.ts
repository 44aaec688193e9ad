/** What evaluations of a checkpoint measure: in training, every so many epochs, or when a person asks. */
import * as l10n from '@vscode/l10n';
import type { MetricSpec } from './metricSpec.js';

export const EVALUATION_METRICS = [
  {
    name: 'knn_top1',
    title: l10n.t('k-NN'),
    unit: l10n.t('% top-1'),
    format: 2,
    meaning: l10n.t(
      'Percent of the test images (or, without any, of all images, each by the others) that the nearest training images give the right class.',
    ),
    occasion: 'evaluation',
    group: 'evaluation',
    identifies: true,
    isOptional: true,
    curve: 'offered',
    result: 'shown',
    isExact: true,
  },
  {
    name: 'knn_top5',
    title: l10n.t('k-NN, top-5'),
    unit: l10n.t('% top-5'),
    format: 2,
    meaning: l10n.t(
      'Percent of the images whose class is among the five that the nearest training images vote for most.',
    ),
    occasion: 'evaluation',
    group: 'evaluation',
    identifies: true,
    isOptional: true,
    curve: 'offered',
    result: 'offered',
    isExact: true,
  },
] as const satisfies readonly MetricSpec[];
