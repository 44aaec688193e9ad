/** Runs as one CSV, a row a run: what it is, how it stands, what came out, and all its settings. */

import { METRICS, resultsOf } from '../metrics/catalogue.js';
import type { MetricSpec } from '../metrics/metricSpec.js';
import { isStep, type StepMetrics } from '../metrics/metricsLine.js';
import { SETTING_KEYS } from '../settings/settings.js';
import { csvLines } from '../tables/csv.js';
import { inOrder, listEvaluations, measuredSteps } from './evaluations.js';
import { metricsInSlices } from './metricsFile.js';
import { metricsFile, type Run } from './run.js';

export const runsTableHead = (catalogue: readonly MetricSpec[] = METRICS): string =>
  csvLines([
    [
      ...['name', 'folder', 'status', 'created', 'seconds', 'data', 'pictures', 'preset', 'engine'],
      ...['step', 'total_steps', 'epoch'],
      ...resultsOf(catalogue).map(({ name }) => name),
      ...['lowest_loss', 'lowest_loss_step'],
      ...SETTING_KEYS,
    ],
  ]);

/** What the metrics of a run come to. */
interface Outcome {
  newestStep?: StepMetrics;
  lowest?: { readonly step: number; readonly value: number };
  /** The newest value of each result in training, by name. */
  readonly newest: Map<string, Newest>;
}

interface Newest {
  readonly step: number;
  readonly value: number;
}

async function outcomeOf(path: string, results: readonly MetricSpec[]): Promise<Outcome> {
  const outcome: Outcome = { newest: new Map() };
  for await (const lines of metricsInSlices(path))
    for (const line of lines) {
      const values: Readonly<Record<string, unknown>> = { ...line };
      for (const { name } of results) {
        const value = values[name];
        if (typeof value === 'number') outcome.newest.set(name, { step: line.step, value });
      }
      if (!isStep(line)) continue;
      const { step } = line;
      outcome.newestStep = line;
      if (!(line.loss >= (outcome.lowest?.value ?? Number.POSITIVE_INFINITY)))
        outcome.lowest = { step, value: line.loss };
    }
  return outcome;
}

/** @throws Error naming the file of metrics, when it cannot be read */
export async function runsTableRow(
  { dir, record, status }: Run,
  catalogue: readonly MetricSpec[] = METRICS,
): Promise<string> {
  const results = resultsOf(catalogue);
  const { newestStep, lowest, newest } = await outcomeOf(metricsFile(dir), results);
  const values = newestValues(newest, dir);
  const { name, createdAt, totals, dataset, preset, engine, config } = record;
  return csvLines([
    [
      name,
      dir,
      status,
      createdAt,
      totals.seconds,
      dataset.path,
      dataset.images,
      preset,
      engine?.version,
      newestStep?.step ?? totals.steps,
      totals.totalSteps,
      newestStep?.epoch,
      ...results.map((result) => values.get(result.name)),
      lowest?.value,
      lowest?.step,
      ...SETTING_KEYS.map((key) => settingCell(config[key])),
    ],
  ]);
}

/** The newest value of each metric, by name. */
function newestValues(inTraining: ReadonlyMap<string, Newest>, dir: string): ReadonlyMap<string, number> {
  const trained = [...inTraining].map(([name, { step, value }]) => ({ step, values: { [name]: value } }));
  return new Map(inOrder(trained, measuredSteps(listEvaluations(dir))).flatMap(({ values }) => Object.entries(values)));
}

const settingCell = (value: unknown): string | number =>
  typeof value === 'number' ? value : Array.isArray(value) ? value.join(' ') : String(value);
