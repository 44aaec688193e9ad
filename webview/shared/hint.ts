/** The line with which a page introduces itself while the tour is on: what it shows, and what to try next. */
import * as l10n from '@vscode/l10n';
import { hintRead, hintReady, hintSchema, showHint } from '../../src/protocol/hint.js';
import { element } from './element.js';
import { onMessage, onStart, tell } from './host.js';

export function hint(text: string): HTMLElement {
  const close = element('button', { type: 'button', 'aria-label': l10n.t('Got it'), title: l10n.t('Got it') }, '✕');
  const line = element('div', { class: 'hint', role: 'note', hidden: '' }, element('span', {}, text), close);
  close.addEventListener('click', () => tell(hintRead, undefined));
  onMessage(showHint, hintSchema, (isShown) => {
    line.hidden = !isShown;
  });
  onStart(() => tell(hintReady, undefined));
  return line;
}
