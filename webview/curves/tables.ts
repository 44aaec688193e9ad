/** What came out and what was set, in tables. */
import * as l10n from '@vscode/l10n';
import { checkbox } from '../shared/controls.js';
import { element } from '../shared/element.js';
import { differs, type Row, rowsOf } from './rows.js';
import { chosenColumns, columnsOf } from './runColumns.js';
import { offeredBy } from './series.js';
import type { Shown } from './shown.js';
import { state } from './state.js';
import { table } from './table.js';

export class Tables {
  readonly element = element('section', { class: 'tables', 'aria-label': l10n.t('Settings and results') });
  #said = '';

  constructor(
    private readonly shown: Shown,
    private readonly onFilter: (onlyDifferent: boolean) => void,
  ) {}

  show(): void {
    const { runs, isCompared } = this.shown;
    // Of several runs the table of runs tells the results.
    const results = isCompared ? [] : [...rowsOf(runs, 'results'), ...this.#measured()];
    const settings = rowsOf(runs, 'settings');
    const { onlyDifferent } = state.value;
    const shownSettings = isCompared && onlyDifferent ? settings.filter(differs) : settings;
    const said = JSON.stringify([runs.map(({ name, uniformLoss }) => [name, uniformLoss]), results, shownSettings]);
    if (said === this.#said) return;
    this.#said = said;
    const filter = checkbox(l10n.t('Only settings that differ'), onlyDifferent, (isOn) => this.onFilter(isOn));
    const wasOnFilter = this.element.querySelector('vscode-checkbox')?.matches(':focus-within') ?? false;
    const none = element('p', { class: 'note' }, l10n.t('All settings are the same.'));
    this.element.replaceChildren(
      ...uniformLossNote(runs),
      ...(isCompared ? [filter] : [scrolled(l10n.t('Results'), table(l10n.t('Results'), runs, results))]),
      shownSettings.length === 0 ? none : scrolled(l10n.t('Settings'), table(l10n.t('Settings'), runs, shownSettings)),
    );
    if (wasOnFilter) filter.focus();
  }

  /** The newest and the best of what the curves hold. */
  #measured(): Row[] {
    const { runs, columns } = this.shown;
    const along = columnsOf(runs, columns, { place: 'newest', stepOf: () => undefined });
    // How fast it goes is said with how it stands.
    const results = offeredBy(runs).filter(({ result, group }) => result !== undefined && group !== 'speed');
    const ids = results.flatMap(({ name }) => [`measured:${name}`, `lowest:${name}`]);
    return chosenColumns(along, ids, false)
      .map(({ label, cells }) => ({ label, values: cells.map(({ text }) => text) }))
      .filter(({ values }) => values.some((value) => value !== ''));
  }
}

function uniformLossNote(runs: Shown['runs']): HTMLElement[] {
  const texts = new Set(runs.map(({ uniformLoss }) => uniformLoss.toFixed(2)));
  texts.delete('0.00');
  if (texts.size === 0) return [];
  const text = l10n.t(
    'A network with uniform outputs has the loss ln K = {0}. Loss = teacher entropy + KL.',
    [...texts].join(', '),
  );
  return [element('p', { class: 'note' }, text)];
}

/** Reached by the keyboard, so that what is too wide can be scrolled by it. */
const scrolled = (label: string, content: HTMLElement): HTMLElement =>
  element('div', { class: 'scrolled', tabindex: '0', role: 'region', 'aria-label': label }, content);
