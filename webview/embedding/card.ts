/** The card beside the pointed image: large, with its name and what its color means. */
import { element } from '../shared/element.js';
import { THUMBNAIL_SIDE } from '../shared/thumbnails.js';

export interface Card {
  readonly element: HTMLElement;
  /** @param at of the image in the frame, in pixels; outside it nothing is shown */
  show(image: CardImage, at: { x: number; y: number }, frame: { width: number; height: number }): void;
  hide(): void;
}

interface CardImage {
  readonly name: string;
  readonly meaning: string;
  /** Undefined until it has come. */
  readonly thumbnail: CanvasImageSource | undefined;
}

/** Between the image and its card, in pixels. */
const GAP = 14;

export function createCard(): Card {
  const card = element('div', { class: 'card', hidden: '', role: 'status' });
  return {
    element: card,
    show({ name, meaning, thumbnail }, { x, y }, { width, height }) {
      const words = element(
        'div',
        {},
        element('div', { class: 'name' }, name),
        element('div', { class: 'meaning' }, meaning),
      );
      card.replaceChildren(...(thumbnail === undefined ? [] : [enlarged(thumbnail)]), words);
      card.hidden = x < 0 || y < 0 || x > width || y > height;
      const isRight = x > width / 2;
      const isLow = y > height / 2;
      card.style.left = isRight ? '' : `${Math.max(0, x) + GAP}px`;
      card.style.right = isRight ? `${Math.max(0, width - x) + GAP}px` : '';
      card.style.top = isLow ? '' : `${Math.max(0, y) + GAP}px`;
      card.style.bottom = isLow ? `${Math.max(0, height - y) + GAP}px` : '';
    },
    hide() {
      card.hidden = true;
    },
  };
}

function enlarged(thumbnail: CanvasImageSource): HTMLCanvasElement {
  const canvas = element('canvas', { width: `${THUMBNAIL_SIDE}`, height: `${THUMBNAIL_SIDE}` });
  canvas.getContext('2d')?.drawImage(thumbnail, 0, 0);
  return canvas;
}
