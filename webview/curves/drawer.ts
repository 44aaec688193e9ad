/** What is looked at now and then: it folds away below the charts. */
import { element } from '../shared/element.js';
import { state } from './state.js';

/** @param name under which it is remembered whether it is open */
export function drawer(name: string, label: string, ...content: readonly HTMLElement[]): HTMLElement {
  const isOpen = state.value.open.includes(name);
  const details = element(
    'details',
    { class: 'drawer', ...(isOpen && { open: '' }) },
    element('summary', {}, label),
    ...content,
  );
  details.addEventListener('toggle', () => {
    const others = state.value.open.filter((one) => one !== name);
    state.set({ open: details.open ? [...others, name] : others });
  });
  return details;
}
