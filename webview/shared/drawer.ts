/** What is set now and then: a button folds it out beside the image, and away. */
import { button, iconButton } from './controls.js';
import { element } from './element.js';
import type { IconName } from './icons.js';

export interface DrawerOptions {
  readonly label: string;
  /** Of the button; absent: the label itself. */
  readonly icon?: IconName;
  readonly isOpen: boolean;
  readonly onToggle: (isOpen: boolean) => void;
}

export interface Drawer {
  readonly element: HTMLElement;
  /** For the bar of the page. */
  readonly toggle: HTMLElement;
  /** Where there is nothing to set, neither is shown. */
  offer(isOffered: boolean): void;
}

export function drawer(
  { label, icon, isOpen: wasOpen, onToggle }: DrawerOptions,
  ...content: readonly HTMLElement[]
): Drawer {
  let [isOpen, isOffered] = [wasOpen, true];
  const section = element('section', { class: 'drawer', id: 'drawer', 'aria-label': label }, ...content);
  const press = (): void => set(!isOpen);
  const toggle = icon === undefined ? button(label, press) : iconButton(label, icon, press);
  toggle.setAttribute('aria-controls', section.id);
  const show = (): void => {
    section.hidden = !(isOpen && isOffered);
    toggle.hidden = !isOffered;
    toggle.setAttribute('aria-expanded', `${isOpen}`);
  };
  const set = (next: boolean): void => {
    isOpen = next;
    show();
    onToggle(next);
  };
  section.addEventListener('keydown', (event) => {
    // A list that is open closes first, and what the page lets go of by this key is let go of.
    if (event.key !== 'Escape' || event.defaultPrevented || section.querySelector('vscode-dropdown[open]')) return;
    set(false);
    toggle.focus();
  });
  show();
  return {
    element: section,
    toggle,
    offer(is) {
      isOffered = is;
      show();
    },
  };
}
