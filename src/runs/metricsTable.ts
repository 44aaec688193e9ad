/** What several runs measured, as one CSV (RFC 4180): a row a step, and the run's name in the first column. */
import { csvCell } from './csv.js';
import type { MetricsLine } from './metrics.js';

const COLUMNS = [
  'step',
  'epoch',
  'loss',
  'teacher_entropy',
  'kl',
  'feature_std',
  'grad_norm',
  'lr',
  'weight_decay',
  'teacher_momentum',
  'teacher_temp',
  'images_per_s',
  'data_wait_ms',
  'probe_images',
  'probe_knn',
  'probe_view_agreement',
  'probe_neighbor_stability',
  'probe_untrained_neighbors',
  'time',
] as const;

export const tableHead = (): string => `run,${COLUMNS.join(',')}\r\n`;

export const tableRows = (run: string, lines: readonly MetricsLine[]): string =>
  lines
    .map((line) => {
      const values: Readonly<Record<string, unknown>> = { ...line };
      return `${[csvCell(run), ...COLUMNS.map((key) => values[key] ?? '')].join(',')}\r\n`;
    })
    .join('');
