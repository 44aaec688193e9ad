/** What is set and measured, by label, with a value for each run. */
import type { ShownRun } from '../../src/protocol/curves.js';

export interface Row {
  readonly label: string;
  /** One a run; empty where a run has none. */
  readonly values: readonly string[];
}

/** Rows of what the runs tell of themselves, by label, in the first run's order. */
export function rowsOf(runs: readonly ShownRun[], part: 'settings' | 'results'): Row[] {
  const labels = new Set(runs.flatMap((run) => run[part].map(({ label }) => label)));
  return [...labels].map((label) => ({
    label,
    values: runs.map((run) => run[part].find((one) => one.label === label)?.value ?? ''),
  }));
}

export const differs = ({ values }: Row): boolean => values.some((value) => value !== values[0]);
