/** Where images are searched by name and label: what is found lights up in the plot, and is counted here. */
import * as l10n from '@vscode/l10n';
import { element } from '../shared/element.js';

export interface SearchEvents {
  onType(text: string): void;
  /** Enter: what is found is selected. */
  onEnter(): void;
  /** Escape in an empty field. */
  onLeave(): void;
}

export interface SearchField {
  readonly element: HTMLElement;
  focus(): void;
  /** @param found undefined: nothing is searched */
  tell(found: number | undefined, of: number): void;
}

export function createSearchField(value: string, events: SearchEvents): SearchField {
  const input = element('input', {
    type: 'search',
    'aria-label': l10n.t('Search by name and label'),
    title: l10n.t('Search by name and label (/). Enter selects what is found.'),
    placeholder: l10n.t('Search ( / )'),
    spellcheck: 'false',
  });
  input.value = value;
  const count = element('output', { class: 'count' });
  input.addEventListener('input', () => events.onType(input.value));
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') events.onEnter();
    if (event.key !== 'Escape') return;
    event.preventDefault();
    if (input.value === '') return events.onLeave();
    input.value = '';
    events.onType('');
  });
  return {
    element: element('div', { class: 'search', role: 'search' }, input, count),
    focus() {
      input.focus();
      input.select();
    },
    tell(found, of) {
      count.value =
        found === undefined ? '' : l10n.t('{0} of {1}', found.toLocaleString('en'), of.toLocaleString('en'));
    },
  };
}
