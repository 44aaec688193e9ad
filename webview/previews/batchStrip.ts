/** The images of a batch side by side; one of them is looked at. */
import * as l10n from '@vscode/l10n';
import type { Masks } from '../../src/protocol/previews.js';
import { element } from '../shared/element.js';
import { type AskPixels, Thumbnails } from '../shared/thumbnails.js';
import { maskCanvas, masksOf } from './batchMasks.js';

export interface BatchStrip {
  readonly element: HTMLElement;
  /** The images of another batch; none: there is no batch. */
  show(names: readonly string[], chosen: number): void;
  /** Those of each image's global crops, below it; undefined: there are none. */
  showMasks(masks: Masks | undefined): void;
}

/** @param onUnreadable hears a sentence of an image that cannot be read: it is gray */
export function batchStrip(
  ask: AskPixels,
  onChoose: (place: number) => void,
  onUnreadable: (sentence: string) => void,
): BatchStrip {
  const strip = element('div', {
    class: 'batch',
    role: 'radiogroup',
    'aria-label': l10n.t('Image of the batch'),
    hidden: '',
  });
  let tiles: HTMLButtonElement[] = [];
  let shown = '';
  let masks: Masks | undefined;
  const thumbnails = new Thumbnails(ask, () => paint(), onUnreadable);

  const paint = (): void =>
    tiles.forEach((tile, place) => {
      const image = thumbnails.get(place);
      if (image !== undefined && tile.firstChild !== image) {
        if (tile.firstChild instanceof HTMLCanvasElement) tile.firstChild.remove();
        tile.prepend(image);
      }
    });
  const paintMasks = (): void =>
    tiles.forEach((tile, place) => {
      tile.querySelector('.crop-masks')?.remove();
      if (masks === undefined || masks.rows === 0) return;
      const ofCrops = masksOf(masks, place).map((mask) =>
        element('span', { class: 'crop-mask' }, ...(mask ? [maskCanvas(mask)] : [])),
      );
      tile.append(element('span', { class: 'crop-masks', 'aria-hidden': 'true' }, ...ofCrops));
    });
  const mark = (chosen: number): void =>
    tiles.forEach((tile, place) => {
      tile.setAttribute('aria-checked', `${place === chosen}`);
      tile.tabIndex = place === chosen ? 0 : -1;
    });
  const choose = (place: number): void => {
    mark(place);
    onChoose(place);
  };
  strip.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined || tiles.length === 0) return;
    event.preventDefault();
    const place = (tiles.findIndex(({ tabIndex }) => tabIndex === 0) + step + tiles.length) % tiles.length;
    choose(place);
    tiles[place]?.focus();
  });

  return {
    element: strip,
    show(names, chosen) {
      strip.hidden = names.length === 0;
      const key = JSON.stringify(names);
      if (key !== shown) {
        shown = key;
        thumbnails.clear();
        tiles = names.map((name, place) => {
          const label = l10n.t('{0}: {1}', place + 1, name);
          const tile = element('button', { type: 'button', role: 'radio', title: label, 'aria-label': label });
          tile.addEventListener('click', () => choose(place));
          return tile;
        });
        strip.replaceChildren(...tiles);
        paintMasks();
        thumbnails.wish(
          'batch',
          names.map((_, place) => place),
        );
      }
      mark(chosen);
    },
    showMasks(told) {
      masks = told;
      strip.classList.toggle('with-masks', (told?.rows ?? 0) > 0);
      paintMasks();
    },
  };
}
