/** The table of compared runs, a row a run: sorted by a column, filtered, with columns that are chosen and put in order. */
import * as l10n from '@vscode/l10n';
import { type ShownRun, TABLE_PLACES, type TableLook } from '../../src/protocol/curves.js';
import { checkbox, dropdown, textField } from '../shared/controls.js';
import { element } from '../shared/element.js';
import { type Column, chosenColumns, movedColumn, passes, sortedRows } from './runColumns.js';
import { swatch } from './swatch.js';

const PLACE_LABELS: Readonly<Record<TableLook['place'], string>> = {
  newest: l10n.t('The newest step'),
  best: l10n.t('The best step'),
  read: l10n.t('The step read at'),
};

export interface RunTableEvents {
  /** It was made to look otherwise. */
  onLook(look: TableLook): void;
  onFilter(filter: string): void;
}

/** What is shown: all columns there are, and which of them differ is not chosen but wanted. */
export interface TableContent {
  readonly runs: readonly ShownRun[];
  readonly columns: readonly Column[];
  readonly look: TableLook;
  readonly filter: string;
  readonly withDifferent: boolean;
  readonly colors: readonly string[];
}

export class RunTable {
  readonly element: HTMLElement;
  readonly #head = element('tr');
  readonly #body = element('tbody');
  readonly #none = element('p', { class: 'note', hidden: '' }, l10n.t('No run passes the filter.'));
  readonly #choice = element('div', { class: 'columns' });
  readonly #place = dropdown(l10n.t('Values of'), (value) =>
    this.#change({ place: TABLE_PLACES.find((one) => one === value) ?? 'newest' }),
  );
  #content: TableContent | undefined;
  #said = '';
  #offered = '';

  constructor(
    private readonly events: RunTableEvents,
    filter: string,
  ) {
    const field = textField(l10n.t('Filter'), l10n.t('words, loss<2.5, lr=0.001'), filter, (value) =>
      events.onFilter(value),
    );
    this.element = element(
      'section',
      { class: 'runTable', 'aria-label': l10n.t('Table of runs') },
      element('h2', {}, l10n.t('Runs')),
      element('div', { class: 'controls' }, field, this.#place.element),
      element('details', {}, element('summary', {}, l10n.t('Columns')), this.#choice),
      element(
        'div',
        { class: 'scrolled', tabindex: '0', role: 'region', 'aria-label': l10n.t('Runs') },
        element('table', { 'aria-label': l10n.t('Runs') }, element('thead', {}, this.#head), this.#body),
      ),
      this.#none,
    );
  }

  show(content: TableContent): void {
    this.#content = content;
    const { runs, columns, look, filter, withDifferent, colors } = content;
    const said = JSON.stringify([
      runs.map(({ name, look: l }) => [name, l]),
      columns,
      look,
      filter,
      withDifferent,
      colors,
    ]);
    // Drawn anew only where something changed, so that what has the focus keeps it.
    if (said === this.#said) return;
    this.#said = said;
    const shown = chosenColumns(columns, look.columns, withDifferent);
    const sorted = columns.find(({ id }) => id === look.sort?.column);
    const rows = sortedRows(runs.length, sorted, look.sort?.isDescending ?? false).filter((row) =>
      passes(filter, runs[row]?.name ?? '', row, columns),
    );
    const focused = this.#head.querySelector<HTMLElement>(':focus')?.dataset['column'];
    this.#head.replaceChildren(
      element('th', { scope: 'col' }, l10n.t('Run')),
      ...shown.map((one) => this.#header(one, look)),
    );
    this.#body.replaceChildren(...rows.map((row) => rowOf(row, content, shown)));
    this.#none.hidden = rows.length > 0;
    if (focused !== undefined) this.#head.querySelector<HTMLElement>(`[data-column="${CSS.escape(focused)}"]`)?.focus();
    this.#offer(content);
  }

  #header({ id, label }: Column, { sort }: TableLook): HTMLElement {
    const isSorted = sort?.column === id;
    const arrow = isSorted ? (sort.isDescending ? ' ▼' : ' ▲') : '';
    const button = element(
      'button',
      {
        type: 'button',
        'data-column': id,
        title: l10n.t('Sort by this; drag it, or Alt+Left and Alt+Right, to move it'),
      },
      label,
      element('span', { 'aria-hidden': 'true' }, arrow),
    );
    button.addEventListener('click', () =>
      this.#change({ sort: { column: id, isDescending: isSorted && !sort.isDescending } }),
    );
    button.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by === undefined || !event.altKey) return;
      event.preventDefault();
      this.#move(id, by);
    });
    button.draggable = true;
    button.addEventListener('dragstart', ({ dataTransfer }) => dataTransfer?.setData('text/plain', id));
    const sorting = isSorted ? (sort.isDescending ? 'descending' : 'ascending') : 'none';
    const header = element('th', { scope: 'col', 'aria-sort': sorting }, button);
    header.addEventListener('dragover', (event) => event.preventDefault());
    header.addEventListener('drop', (event) => {
      event.preventDefault();
      const moved = event.dataTransfer?.getData('text/plain') ?? '';
      const ids = this.#ids();
      if (ids.includes(moved)) this.#move(moved, ids.indexOf(id) - ids.indexOf(moved));
    });
    return header;
  }

  /** Those that are shown; the settings that differ count as chosen once one of them is moved. */
  #ids(): string[] {
    if (this.#content === undefined) return [];
    const { columns, look, withDifferent } = this.#content;
    return chosenColumns(columns, look.columns, withDifferent).map(({ id }) => id);
  }

  #move(id: string, by: number): void {
    this.#change({ columns: movedColumn(this.#ids(), id, by) });
  }

  #change(change: Partial<TableLook>): void {
    if (this.#content) this.events.onLook({ ...this.#content.look, ...change });
  }

  #offer({ columns, look }: TableContent): void {
    const offered = JSON.stringify([columns.map(({ id }) => id), look.columns, look.place]);
    if (offered === this.#offered) return;
    this.#offered = offered;
    this.#place.offer(
      TABLE_PLACES.map((value) => ({ value, label: PLACE_LABELS[value] })),
      look.place,
    );
    const focused = this.#choice.querySelector<HTMLElement>(':focus-within')?.dataset['column'];
    this.#choice.replaceChildren(
      ...columns.map(({ id, label }) => {
        const box = checkbox(label, look.columns.includes(id), (isOn) => {
          const others = this.#content?.look.columns.filter((one) => one !== id) ?? [];
          this.#change({ columns: isOn ? [...others, id] : others });
        });
        box.dataset['column'] = id;
        return box;
      }),
    );
    if (focused !== undefined)
      this.#choice.querySelector<HTMLElement>(`[data-column="${CSS.escape(focused)}"]`)?.focus();
  }
}

function rowOf(row: number, { runs, colors }: TableContent, shown: readonly Column[]): HTMLElement {
  const run = runs[row];
  const look = run?.look ?? 0;
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, swatch(look, colors[look] ?? ''), ` ${run?.name ?? ''}`),
    ...shown.map(({ cells }) => {
      const cell = cells[row];
      return element('td', typeof cell?.order === 'number' ? { class: 'number' } : {}, cell?.text ?? '');
    }),
  );
}
