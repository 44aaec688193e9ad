/** A chip that opens what belongs to it, below itself. A click elsewhere and Escape close it, as the browser's own popovers do. */
import { element } from './element.js';

/** Between the chip and what it opens, and between that and the window's edge, in pixels. */
const GAP = 4;

let made = 0;

export interface Menu {
  readonly element: HTMLElement;
  /** Shows another value in the chip. */
  name(label: string): void;
}

export function menu(label: string, ...content: readonly HTMLElement[]): Menu {
  const id = `menu-${++made}`;
  const words = element('span', {}, label);
  const chip = element(
    'button',
    { type: 'button', class: 'chip', popovertarget: id, 'aria-haspopup': 'dialog' },
    words,
    element('span', { class: 'arrow', 'aria-hidden': 'true' }, '▾'),
  );
  const opened = element(
    'div',
    { id, class: 'opened', popover: 'auto', role: 'dialog', 'aria-label': label },
    ...content,
  );
  opened.addEventListener('toggle', () => {
    chip.setAttribute('aria-expanded', `${opened.matches(':popover-open')}`);
    place(opened, chip);
  });
  return {
    element: element('div', { class: 'menu' }, chip, opened),
    name(text) {
      words.textContent = text;
      opened.setAttribute('aria-label', text);
    },
  };
}

/** Below the chip, and inside the window. */
function place(opened: HTMLElement, chip: HTMLElement): void {
  const { left, bottom } = chip.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  opened.style.left = `${Math.max(GAP, Math.min(left, clientWidth - opened.offsetWidth - GAP))}px`;
  const top = Math.max(GAP, Math.min(bottom + GAP, clientHeight - opened.offsetHeight - GAP));
  opened.style.top = `${top}px`;
}
