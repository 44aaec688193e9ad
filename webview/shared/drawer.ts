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
  const section = element('section', { class: 'drawer', 'aria-label': label }, ...content);
  const press = (): void => set(!isOpen);
  const toggle = icon === undefined ? button(label, press) : iconButton(label, icon, press);
  const show = (): void => {
    section.hidden = !(isOpen && isOffered);
    toggle.hidden = !isOffered;
    // By its property: of the attribute the toolkit's button tells its inner one nothing, which has the focus.
    toggle.ariaExpanded = isOpen ? 'true' : 'false';
  };
  const set = (next: boolean): void => {
    isOpen = next;
    show();
    onToggle(next);
  };
  const close = (event: KeyboardEvent): void => {
    // A list that is open closes first, and what the page lets go of by this key is let go of.
    if (event.key !== 'Escape' || event.defaultPrevented || section.querySelector('vscode-dropdown[open]')) return;
    if (section.hidden) return;
    set(false);
    toggle.focus();
  };
  for (const part of [section, toggle]) part.addEventListener('keydown', close);
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
