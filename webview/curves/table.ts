/** Settings and results, a column a run. */
import type { ShownRun } from '../../src/protocol/curves.js';
import { element } from '../shared/element.js';

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

export function table(caption: string, runs: readonly ShownRun[], rows: readonly Row[]): HTMLTableElement {
  const head = element('tr', {}, element('td'), ...runs.map(({ name }) => element('th', { scope: 'col' }, name)));
  const body = rows.map((row) =>
    element(
      'tr',
      runs.length > 1 && differs(row) ? { class: 'differs' } : {},
      element('th', { scope: 'row' }, row.label),
      ...row.values.map((value) => element('td', {}, value)),
    ),
  );
  return element(
    'table',
    {},
    element('caption', {}, caption),
    element('thead', {}, head),
    element('tbody', {}, ...body),
  );
}
