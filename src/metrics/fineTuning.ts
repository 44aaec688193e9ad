/** What is measured besides where a network is fine-tuned on labels. */
import * as l10n from '@vscode/l10n';
import type { MetricSpec } from './metricSpec.js';

const OF_TESTS = { format: 2, occasion: 'evaluation', group: 'evaluation', isExact: true } as const;

export const FINE_TUNING_METRICS = [
  {
    name: 'train_top1',
    title: l10n.t('Training accuracy'),
    unit: l10n.t('% top-1'),
    format: 1,
    meaning: l10n.t('Percent of the crops of the step that the network gives the right class.'),
    occasion: 'step',
    group: 'loss',
    ofCalls: 'mean',
    curve: 'shown',
    result: 'offered',
  },
  {
    ...OF_TESTS,
    name: 'test_top1',
    title: l10n.t('Accuracy'),
    unit: l10n.t('% top-1'),
    meaning: l10n.t('Percent of the images that are not learned from that the network gives the right class.'),
    identifies: true,
    curve: 'shown',
    result: 'shown',
  },
  {
    ...OF_TESTS,
    name: 'test_top5',
    title: l10n.t('Accuracy, top-5'),
    unit: l10n.t('% top-5'),
    meaning: l10n.t(
      'Percent of the images that are not learned from whose class is among the five that the network finds most likely; absent with fewer classes.',
    ),
    isOptional: true,
    curve: 'offered',
    result: 'offered',
  },
  {
    ...OF_TESTS,
    name: 'test_loss',
    title: l10n.t('Test loss'),
    unit: l10n.t('nats'),
    format: 3,
    lowIsGood: true,
    meaning: l10n.t('Cross-entropy of the images that are not learned from, without label smoothing.'),
    curve: 'offered',
    result: 'offered',
  },
] as const satisfies readonly MetricSpec[];
