/** Settings and results, a column a run. */
import type { ShownRun } from '../../src/protocol/curves.js';
import { element } from '../shared/element.js';
import { differs, type Row } from './rows.js';

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
