/** What several runs measured, as one CSV (RFC 4180): a row a step, and the run's name in the first column. */
import { METRICS } from '../metrics/catalogue.js';
import type { MetricSpec } from '../metrics/metricSpec.js';
import type { MetricsLine } from '../metrics/metricsLine.js';
import { csvCell } from './csv.js';

const columnsOf = (catalogue: readonly MetricSpec[]): string[] => [
  'step',
  'epoch',
  ...catalogue.map(({ name }) => name),
  'time',
];

export const tableHead = (catalogue: readonly MetricSpec[] = METRICS): string =>
  `run,${columnsOf(catalogue).join(',')}\r\n`;

export function tableRows(
  run: string,
  lines: readonly MetricsLine[],
  catalogue: readonly MetricSpec[] = METRICS,
): string {
  const columns = columnsOf(catalogue);
  return lines
    .map((line) => {
      const values: Readonly<Record<string, unknown>> = { ...line };
      return `${[csvCell(run), ...columns.map((key) => values[key] ?? '')].join(',')}\r\n`;
    })
    .join('');
}
