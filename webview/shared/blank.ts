/** What stands where there is nothing to see yet: a faint image of what will be there, a sentence, and what one can do. */
import { button } from './controls.js';
import { element } from './element.js';

export interface BlankAction {
  readonly label: string;
  readonly act: () => void;
}

export interface Blank {
  readonly element: HTMLElement;
  /** @param isAlert whether it tells of a failure */
  show(sentence: string, action?: BlankAction, isAlert?: boolean): void;
  hide(): void;
}

/** @param image decoration; not read out */
export function blank(image: Element): Blank {
  image.classList.add('faint');
  image.setAttribute('aria-hidden', 'true');
  const words = element('p');
  let press = (): void => undefined;
  const control = button('', () => press(), 'primary');
  const root = element('div', { class: 'blank' }, image, words, control);
  return {
    element: root,
    show(sentence, action, isAlert = false) {
      root.hidden = false;
      root.setAttribute('role', isAlert ? 'alert' : 'status');
      words.textContent = sentence;
      control.hidden = action === undefined;
      control.textContent = action?.label ?? '';
      press = action?.act ?? (() => undefined);
    },
    hide() {
      root.hidden = true;
    },
  };
}
