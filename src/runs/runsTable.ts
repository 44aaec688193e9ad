/** Runs as one CSV, a row a run: what it is, how it stands, what came out, and all its settings. */

import { SETTING_KEYS } from '../settings/settings.js';
import { csvRow } from './csv.js';
import { isStep, readMetricsFrom, type StepMetrics } from './metrics.js';
import { metricsFile, type Run } from './run.js';

/** Read at once, before others in this process have their turn. */
const SLICE_BYTES = 1 << 20;

const RESULTS = ['step', 'total_steps', 'epoch', 'loss', 'lowest_loss', 'lowest_loss_step'] as const;
const MORE = ['teacher_entropy', 'kl', 'feature_std', 'images_per_s'] as const;

export const runsTableHead = (): string =>
  csvRow([
    ...['name', 'folder', 'status', 'created', 'seconds', 'data', 'pictures', 'preset', 'engine'],
    ...RESULTS,
    ...MORE,
    ...SETTING_KEYS,
  ]);

/** What the metrics of a run come to. */
interface Outcome {
  newest?: StepMetrics;
  lowest?: { readonly step: number; readonly value: number };
}

async function outcomeOf(path: string): Promise<Outcome> {
  const outcome: Outcome = {};
  for (let offset = 0; ; await new Promise((resolve) => setImmediate(resolve))) {
    const { lines, next } = readMetricsFrom(path, offset, SLICE_BYTES);
    if (next === offset) return outcome;
    offset = next;
    for (const line of lines) {
      if (!isStep(line)) continue;
      const { step } = line;
      outcome.newest = line;
      if (!(line.loss >= (outcome.lowest?.value ?? Number.POSITIVE_INFINITY)))
        outcome.lowest = { step, value: line.loss };
    }
  }
}

/** @throws Error naming the file of metrics, when it cannot be read */
export async function runsTableRow({ dir, record, status }: Run): Promise<string> {
  const { newest, lowest } = await outcomeOf(metricsFile(dir));
  const { name, createdAt, totals, dataset, preset, engine, config } = record;
  return csvRow([
    name,
    dir,
    status,
    createdAt,
    totals.seconds,
    dataset.path,
    dataset.images,
    preset,
    engine?.version,
    newest?.step ?? totals.steps,
    totals.totalSteps,
    newest?.epoch,
    newest?.loss,
    lowest?.value,
    lowest?.step,
    ...MORE.map((key) => newest?.[key]),
    ...SETTING_KEYS.map((key) => settingCell(config[key])),
  ]);
}

const settingCell = (value: unknown): string | number =>
  typeof value === 'number' ? value : Array.isArray(value) ? value.join(' ') : String(value);
