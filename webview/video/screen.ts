/** The frame that is shown, with its mask over it, as one that is zoomed and panned. */
import * as l10n from '@vscode/l10n';
import { element } from '../shared/element.js';
import { readTheme } from '../shared/theme.js';
import { ZoomedImage } from '../shared/zoomedImage.js';
import type { Film } from './film.js';

const ZOOM = 1.4;

export class Screen {
  readonly element: HTMLElement;
  readonly #frame = element('canvas', { class: 'frame', role: 'img' });
  readonly #mask = element('canvas', { class: 'mask', 'aria-hidden': 'true' });
  readonly #image = new ZoomedImage(this.#frame, this.#mask);
  #place = 0;
  /** Of the film that it shows: another one begins with all in view. */
  #name = '';

  constructor(private readonly film: Film) {
    this.element = element('div', { class: 'room' }, this.#image.element);
  }

  /** @param name of the video @throws Error with one sentence when the frame cannot be read */
  async show(place: number, name: string, frameName: string): Promise<void> {
    this.#place = place;
    const frame = await this.film.frame(place);
    // Another one may be wanted by now.
    if (place !== this.#place) return;
    this.#name = name;
    copyTo(this.#frame, frame);
    this.#frame.setAttribute('aria-label', l10n.t('Frame {0}: {1}', place + 1, frameName));
    this.#image.showShape(frame.width / frame.height, this.#name);
    this.showMask();
  }

  /** As it is now known of the frame. */
  showMask(): void {
    const mask = this.film.mask(this.#place, readTheme().isHighContrast);
    this.#mask.hidden = mask === undefined;
    if (mask !== undefined) copyTo(this.#mask, mask);
  }

  /** @param opacity 0: there are none */
  setOpacity(opacity: number): void {
    this.#mask.style.opacity = `${opacity}`;
  }

  /** @returns whether a key zooms */
  zoomBy(key: string): boolean {
    if (key === '+' || key === '=') this.#image.zoomBy(ZOOM);
    else if (key === '-') this.#image.zoomBy(1 / ZOOM);
    else if (key === '0' || key === 'Escape') this.#image.reset();
    else return false;
    return true;
  }
}

function copyTo(canvas: HTMLCanvasElement, from: HTMLCanvasElement): void {
  if (canvas.width !== from.width || canvas.height !== from.height)
    Object.assign(canvas, { width: from.width, height: from.height });
  const context = canvas.getContext('2d');
  context?.clearRect(0, 0, canvas.width, canvas.height);
  context?.drawImage(from, 0, 0);
}
