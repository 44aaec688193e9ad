/** What a diagnosis is fed: the newest steps of a run and its probes, without reading all that lies between. */
import { statSync } from 'node:fs';
import { METRICS } from '../metrics/catalogue.js';
import { isProbe, isStep, type MetricsLine, type ProbeMetrics, type StepMetrics } from '../metrics/metricsLine.js';
import type { MeasuredStep } from './evaluations.js';
import { metricsInSlices, readMetricsFrom } from './metricsFile.js';

export interface RecentMetrics {
  /** The newest, oldest first; fewer when there are no more yet. */
  readonly steps: readonly StepMetrics[];
  /** The run's first probe, then those among the newest steps. */
  readonly probes: readonly ProbeMetrics[];
}

export const NO_METRICS: RecentMetrics = { steps: [], probes: [] };

/** More than a line takes. */
const LINE_BYTES = 640;
/** Lines in which the first probe stands: the untrained network's is written before the first step. */
const FIRST_LINES = 4;

const EVALUATED = METRICS.filter(({ occasion }) => occasion === 'evaluation').map(({ name }) => name);

/** What evaluations in training have measured, in order of the steps. @throws as {@link readRecent} */
export async function readEvaluated(path: string): Promise<MeasuredStep[]> {
  const measured: MeasuredStep[] = [];
  for await (const lines of metricsInSlices(path)) measured.push(...lines.flatMap(evaluatedBy));
  return measured;
}

function evaluatedBy(line: MetricsLine): MeasuredStep[] {
  if (isStep(line) || isProbe(line)) return [];
  const values = Object.entries(line).filter(([name, value]) => EVALUATED.includes(name) && typeof value === 'number');
  return values.length === 0 ? [] : [{ step: line.step, values: Object.fromEntries(values) }];
}

/** @throws Error naming the file, when it cannot be read; an absent one has no metrics */
export function readRecent(path: string, count: number): RecentMetrics {
  const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 };
  // The first line of what is read is torn, and there may be probes among the steps.
  const start = Math.max(0, size - (count + 4) * LINE_BYTES);
  const { lines } = readMetricsFrom(path, start);
  const first =
    start === 0
      ? []
      : readMetricsFrom(path, 0, FIRST_LINES * LINE_BYTES)
          .lines.filter(isProbe)
          .slice(0, 1);
  return {
    steps: lines.filter(isStep).slice(-count),
    probes: [...first, ...lines.filter(isProbe).filter(({ step }) => step !== first[0]?.step)],
  };
}
