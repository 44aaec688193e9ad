/** Says how far one has zoomed in; a click shows all again. */
import * as l10n from '@vscode/l10n';
import { element } from './element.js';
import type { View } from './view.js';

export class ZoomBadge {
  readonly element: HTMLButtonElement;

  constructor(onReset: () => void) {
    const title = l10n.t('Show all (double click)');
    this.element = element('button', { type: 'button', class: 'zoom-badge', title, hidden: '' });
    this.element.addEventListener('click', onReset);
  }

  show({ k }: View): void {
    this.element.hidden = k === 1;
    this.element.textContent = l10n.t('{0} ×', k.toFixed(1));
    this.element.setAttribute('aria-label', l10n.t('Zoomed {0} times: show all', k.toFixed(1)));
  }
}
