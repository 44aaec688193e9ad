/** The table of the compared images: a cell for each run and image, which is painted when its answer comes. */
import { element } from '../shared/element.js';

/** A row or a column: what is written at its head, and what its cells are known by. */
export interface StripLine {
  readonly head: readonly (Node | string)[];
  readonly title?: string;
  readonly data: Readonly<Record<`data-${string}`, string>>;
}

/** @param isStacked the head of a row stands above its cells, not beside them */
export function fillStripTable(
  table: HTMLElement,
  rows: readonly StripLine[],
  columns: readonly StripLine[],
  isStacked: boolean,
): void {
  const headOf = ({ head, title }: StripLine, attributes: Readonly<Record<string, string>>): HTMLElement =>
    element('th', { ...attributes, ...(title !== undefined && { title }) }, ...head);
  const cellsOf = (row: StripLine): HTMLElement[] =>
    columns.map((column) => element('td', { ...row.data, ...column.data }));
  const names = columns.map((column) => headOf(column, { scope: 'col' }));
  const corner = isStacked ? [] : [element('td')];
  const bodies = rows.map((row) =>
    isStacked
      ? element(
          'tbody',
          {},
          element('tr', {}, headOf(row, { scope: 'rowgroup', colspan: `${columns.length}` })),
          element('tr', {}, ...cellsOf(row)),
        )
      : element('tbody', {}, element('tr', {}, headOf(row, { scope: 'row' }), ...cellsOf(row))),
  );
  table.replaceChildren(element('thead', {}, element('tr', {}, ...corner, ...names)), ...bodies);
}
