/** What is drawn: the words for each series, its numbers as people read them, and how the runs are told apart. */
import type { PointStyle } from 'chart.js';
import type { SeriesName } from '../../src/protocol/curves.js';

export interface SeriesLook {
  readonly label: string;
  readonly unit: string;
  readonly format: (value: number) => string;
  /** A schedule has no noise to smooth away, and evaluations are too few. */
  readonly isExact?: true;
}

const digits = (count: number) => (value: number) => value.toFixed(count);
const small = (value: number) => (value === 0 ? '0' : value.toExponential(2));

export const SERIES_LOOKS: Readonly<Record<SeriesName, SeriesLook>> = {
  loss: { label: 'Loss', unit: 'nats', format: digits(3) },
  teacher_entropy: { label: 'Teacher entropy', unit: 'nats', format: digits(3) },
  kl: { label: 'KL', unit: 'nats, teacher to student', format: digits(3) },
  feature_std: { label: 'Feature spread', unit: 'standard deviation', format: digits(4) },
  grad_norm: { label: 'Gradient norm', unit: 'before clipping', format: digits(2) },
  lr: { label: 'Learning rate', unit: 'scheduled', format: small, isExact: true },
  teacher_momentum: { label: 'Teacher momentum', unit: 'scheduled', format: digits(5), isExact: true },
  teacher_temp: { label: 'Teacher temperature', unit: 'scheduled', format: digits(4), isExact: true },
  images_per_s: { label: 'Speed', unit: 'images/s', format: digits(1) },
  data_wait_ms: { label: 'Wait for data', unit: 'ms a step', format: digits(1) },
  knn_top1: { label: 'k-NN accuracy', unit: '%', format: digits(1), isExact: true },
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
