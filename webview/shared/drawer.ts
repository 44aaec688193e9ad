/** What is set now and then: it folds away beside the image. */
import { element } from './element.js';

export interface DrawerOptions {
  readonly label: string;
  readonly isOpen: boolean;
  readonly onToggle: (isOpen: boolean) => void;
}

export function drawer({ label, isOpen, onToggle }: DrawerOptions, ...content: readonly HTMLElement[]): HTMLElement {
  const details = element(
    'details',
    { class: 'drawer', ...(isOpen && { open: '' }) },
    element('summary', {}, label),
    element('div', { class: 'drawn' }, ...content),
  );
  details.addEventListener('toggle', () => onToggle(details.open));
  return details;
}
