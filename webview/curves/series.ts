/** What is drawn: the words for each series, its numbers as people read them, and how the runs are told apart. */
import * as l10n from '@vscode/l10n';
import type { PointStyle } from 'chart.js';
import type { SeriesName } from '../../src/protocol/curves.js';

export interface SeriesLook {
  readonly label: string;
  readonly unit: string;
  readonly format: (value: number) => string;
  /** A schedule has no noise to smooth away. */
  readonly isExact?: true;
}

const digits = (count: number) => (value: number) => value.toFixed(count);
const small = (value: number) => (value === 0 ? '0' : value.toExponential(2));

export const SERIES_LOOKS: Readonly<Record<SeriesName, SeriesLook>> = {
  loss: { label: l10n.t('Loss'), unit: l10n.t('nats'), format: digits(3) },
  teacher_entropy: { label: l10n.t('Teacher entropy'), unit: l10n.t('nats'), format: digits(3) },
  kl: { label: 'KL', unit: l10n.t('nats, teacher to student'), format: digits(3) },
  feature_std: { label: l10n.t('Feature spread'), unit: l10n.t('standard deviation'), format: digits(4) },
  grad_norm: { label: l10n.t('Gradient norm'), unit: l10n.t('before clipping'), format: digits(2) },
  lr: { label: l10n.t('Learning rate'), unit: l10n.t('scheduled'), format: small, isExact: true },
  teacher_momentum: { label: l10n.t('Teacher momentum'), unit: l10n.t('scheduled'), format: digits(5), isExact: true },
  teacher_temp: { label: l10n.t('Teacher temperature'), unit: l10n.t('scheduled'), format: digits(4), isExact: true },
  images_per_s: { label: l10n.t('Speed'), unit: l10n.t('images/s'), format: digits(1) },
  data_wait_ms: { label: l10n.t('Wait for data'), unit: l10n.t('ms a step'), format: digits(1) },
  probe_knn: {
    label: l10n.t('Probe: k-NN'),
    unit: l10n.t('% of a sample, leave-one-out'),
    format: digits(1),
    isExact: true,
  },
  probe_view_agreement: {
    label: l10n.t('Probe: view agreement'),
    unit: l10n.t('% of crops near their own image'),
    format: digits(1),
    isExact: true,
  },
  probe_neighbor_stability: {
    label: l10n.t('Probe: neighbor stability'),
    unit: l10n.t('% of neighbors kept since the last probe'),
    format: digits(1),
    isExact: true,
  },
};

export interface RunLook {
  readonly dash: number[];
  readonly marker: PointStyle;
}

/** Told apart without colours, too. */
export const RUN_LOOKS: readonly RunLook[] = [
  { dash: [], marker: 'circle' },
  { dash: [7, 3], marker: 'rect' },
  { dash: [2, 3], marker: 'triangle' },
  { dash: [10, 3, 2, 3], marker: 'rectRot' },
  { dash: [14, 4], marker: 'star' },
  { dash: [4, 2, 1, 2, 1, 2], marker: 'cross' },
  { dash: [1, 2], marker: 'crossRot' },
];

export const runLook = (look: number): RunLook => RUN_LOOKS[look % RUN_LOOKS.length] ?? { dash: [], marker: 'circle' };

/** A run in a legend. */
export interface NamedColour {
  readonly name: string;
  readonly colour: string;
  /** Which its dashes follow. */
  readonly look: number;
}
