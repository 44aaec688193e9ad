/** What several runs measured, as one CSV: a row a step, and the run's name in the first column. */
import { METRICS } from '../metrics/catalogue.js';
import type { MetricSpec } from '../metrics/metricSpec.js';
import type { MetricsLine } from '../metrics/metricsLine.js';
import { csvLines } from '../tables/csv.js';

const columnsOf = (catalogue: readonly MetricSpec[]): string[] => [
  'step',
  'epoch',
  ...catalogue.map(({ name }) => name),
  'time',
];

export const tableHead = (catalogue: readonly MetricSpec[] = METRICS): string =>
  csvLines([['run', ...columnsOf(catalogue)]]);

export function tableRows(
  run: string,
  lines: readonly MetricsLine[],
  catalogue: readonly MetricSpec[] = METRICS,
): string {
  const columns = columnsOf(catalogue);
  return csvLines(
    lines.map((line) => {
      const values: Readonly<Record<string, unknown>> = { ...line };
      return [run, ...columns.map((key) => numberOf(values[key]))];
    }),
  );
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
