/** Images side by side with what can be done with them: those that are selected, or those that are most like one. */
import * as l10n from '@vscode/l10n';
import { button, iconButton } from '../shared/controls.js';
import { element } from '../shared/element.js';
import { THUMBNAIL_SIDE, type Thumbnails } from '../shared/thumbnails.js';

export interface StripEvents {
  /** Under the pointer, or reached by a key. */
  onPoint(image: number | undefined): void;
  onOpen(image: number, how: 'file' | 'attention' | 'similar'): void;
  onCopy(images: readonly number[]): void;
  onClose(): void;
}

export interface StripImage {
  readonly image: number;
  readonly name: string;
  /** Shown on it; '' for none. */
  readonly note: string;
}

export interface StripContents {
  readonly title: string;
  readonly images: readonly StripImage[];
  /** All that are meant, more than are shown. */
  readonly all: readonly number[];
  readonly areFiles: boolean;
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

export class ImageStrip {
  readonly element: HTMLElement;
  readonly #heading = element('h2');
  readonly #tiles: HTMLElement;
  readonly #more = element('span', { class: 'count' });
  readonly #name = element('div', { class: 'name' });
  readonly #actions = element('div', { class: 'buttons' });
  #contents: StripContents = { title: '', images: [], all: [], areFiles: false };
  #buttons: HTMLButtonElement[] = [];
  #chosen = 0;

  /** @param label names it for screen readers, and its wishes for thumbnails */
  constructor(
    private readonly label: string,
    private readonly thumbnails: Thumbnails,
    private readonly events: StripEvents,
  ) {
    this.#tiles = element('div', { class: 'tiles', role: 'listbox', 'aria-label': label });
    this.#tiles.addEventListener('keydown', (event) => this.#key(event));
    const close = iconButton(l10n.t('Close: {0}', label), 'close', () => events.onClose());
    const head = element('div', { class: 'head' }, this.#heading, close);
    const attributes = { class: 'strip float', 'aria-label': label, hidden: '' };
    this.element = element('section', attributes, head, this.#tiles, this.#more, this.#name, this.#actions);
  }

  show(contents: StripContents): void {
    this.#contents = contents;
    const { title, images, all, areFiles } = contents;
    this.element.hidden = images.length === 0;
    this.#heading.textContent = title;
    this.#buttons = images.map((one, place) => this.#tile(one, place));
    this.#tiles.replaceChildren(...this.#buttons);
    const rest = all.length - images.length;
    this.#more.textContent = rest > 0 ? l10n.t('and {0} more', rest.toLocaleString('en')) : '';
    this.#actions.replaceChildren(...this.#possible(areFiles));
    this.#choose(0, false);
    this.thumbnails.wish(
      this.label,
      images.map(({ image }) => image),
    );
    this.refresh();
  }

  /** Thumbnails have come. */
  refresh(): void {
    this.#contents.images.forEach(({ image }, place) => {
      const thumbnail = this.thumbnails.get(image);
      const tile = this.#buttons[place];
      if (thumbnail === undefined || tile === undefined || tile.querySelector('canvas')) return;
      const copy = element('canvas', { width: `${THUMBNAIL_SIDE}`, height: `${THUMBNAIL_SIDE}` });
      copy.getContext('2d')?.drawImage(thumbnail, 0, 0);
      tile.prepend(copy);
    });
  }

  #tile({ image, name, note }: StripImage, place: number): HTMLButtonElement {
    const label = note === '' ? name : l10n.t('{0}, {1}', name, note);
    const attributes = { type: 'button', class: 'tile', role: 'option', title: label, 'aria-label': label };
    const tile = element('button', { ...attributes, 'data-image': `${image}` });
    if (note !== '') tile.append(element('span', { class: 'mark' }, note));
    tile.addEventListener('click', () => this.#choose(place, true));
    tile.addEventListener('dblclick', () => this.events.onOpen(image, 'attention'));
    tile.addEventListener('pointerenter', () => this.events.onPoint(image));
    tile.addEventListener('pointerleave', () => this.events.onPoint(undefined));
    return tile;
  }

  #possible(areFiles: boolean): HTMLElement[] {
    const open = (how: 'file' | 'attention' | 'similar') => () => {
      const image = this.#contents.images[this.#chosen]?.image;
      if (image !== undefined) this.events.onOpen(image, how);
    };
    const attention = button(l10n.t('Attention'), open('attention'));
    const similar = button(l10n.t('Similar'), open('similar'));
    if (!areFiles) return [attention, similar];
    return [
      attention,
      similar,
      button(l10n.t('Open'), open('file')),
      button(l10n.t('Copy Paths'), () => this.events.onCopy(this.#contents.all)),
    ];
  }

  /** @param isByHand whether the plot shows where it is */
  #choose(place: number, isByHand: boolean): void {
    this.#chosen = place;
    this.#buttons.forEach((tile, at) => {
      tile.setAttribute('aria-selected', `${at === place}`);
      tile.tabIndex = at === place ? 0 : -1;
    });
    const chosen = this.#contents.images[place];
    this.#name.textContent = chosen?.name ?? '';
    if (isByHand && chosen !== undefined) this.events.onPoint(chosen.image);
  }

  #key(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    const { images } = this.#contents;
    if (event.key === 'Enter') this.events.onOpen(images[this.#chosen]?.image ?? 0, 'attention');
    else if (step !== undefined && images.length > 0) {
      const place = (this.#chosen + step + images.length) % images.length;
      this.#choose(place, true);
      this.#buttons[place]?.focus();
    } else return;
    event.preventDefault();
  }
}
