/** One small image a head, and one of their mean: which of them is shown large is chosen by click, arrow keys or space. */
import * as l10n from '@vscode/l10n';
import { element } from '../shared/element.js';

export type Head = number | 'mean';
export const headName = (head: Head): string =>
  head === 'mean' ? l10n.t('Mean of all heads') : l10n.t('Head {0}', head + 1);

interface Size {
  readonly width: number;
  readonly height: number;
}

export interface HeadTiles {
  readonly element: HTMLElement;
  /** As many as the network has. */
  make(heads: number): void;
  /** The head so many tiles on; behind the last is the first. */
  beside(head: Head, by: number): Head;
  /** @param size of the image; its shape counts */
  paint(chosen: Head, size: Size, paint: (canvas: HTMLCanvasElement, head: Head) => void): void;
}

export function headTiles(onChoose: (head: Head) => void): HeadTiles {
  const tiles = element('div', { class: 'tiles', role: 'radiogroup', 'aria-label': l10n.t('Head') });
  let shown: { readonly head: Head; readonly tile: HTMLButtonElement; readonly canvas: HTMLCanvasElement }[] = [];

  tiles.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined || shown.length === 0) return;
    event.preventDefault();
    const checked = shown.find(({ tile }) => tile.getAttribute('aria-checked') === 'true');
    const next = beside(checked?.head ?? 'mean', step);
    onChoose(next);
    shown.find(({ head }) => head === next)?.tile.focus();
  });
  const beside = (from: Head, by: number): Head => {
    const place = shown.findIndex(({ head }) => head === from);
    return shown[(place + by + shown.length) % shown.length]?.head ?? from;
  };

  return {
    element: tiles,
    beside,
    make(heads) {
      if (shown.length === heads + 1) return;
      const all: Head[] = ['mean', ...Array.from({ length: heads }, (_, head) => head)];
      shown = all.map((head) => {
        const canvas = element('canvas', { 'aria-hidden': 'true' });
        const tile = element(
          'button',
          { class: 'tile', role: 'radio', type: 'button', 'data-head': `${head}`, 'aria-label': headName(head) },
          canvas,
          element('span', {}, head === 'mean' ? l10n.t('Mean') : headName(head)),
        );
        tile.addEventListener('click', () => onChoose(head));
        return { head, tile, canvas };
      });
      tiles.replaceChildren(...shown.map(({ tile }) => tile));
    },
    paint(chosen, { width, height }, paint) {
      tiles.style.setProperty('--ratio', `${width / height}`);
      for (const { head, tile, canvas } of shown) {
        tile.setAttribute('aria-checked', `${head === chosen}`);
        tile.tabIndex = head === chosen ? 0 : -1;
        paint(canvas, head);
      }
    },
  };
}
