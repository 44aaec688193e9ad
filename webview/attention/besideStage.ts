/** The second image, beside the one that is pointed at. */
import { element } from '../shared/element.js';
import { shownSize } from './looks.js';
import type { SeenPatches } from './patchesLook.js';
import type { Paint } from './sides.js';

export class BesideStage {
  readonly #canvas = element('canvas', { class: 'second', role: 'img' });
  readonly #name = element('span', { class: 'secondName' });
  readonly #stage = element('div', { class: 'stage' }, this.#canvas, this.#name);
  readonly element = element('div', { class: 'room', hidden: '' }, this.#stage);

  constructor(onResize: () => void) {
    new ResizeObserver(onResize).observe(this.#canvas);
  }

  hide(): void {
    this.element.hidden = true;
  }

  /** @param text for those who do not see it */
  show(seen: SeenPatches, name: string, text: string, paint: Paint): void {
    this.element.hidden = false;
    this.#name.textContent = name;
    this.#canvas.setAttribute('aria-label', text);
    const { width, height } = shownSize(seen);
    this.#canvas.style.aspectRatio = `${width} / ${height}`;
    this.#stage.style.setProperty('--ratio', `${width / height}`);
    const scale = window.devicePixelRatio;
    const shown = this.#canvas.clientWidth || width;
    const pixels = { width: Math.round(shown * scale), height: Math.round((shown * scale * height) / width) };
    if (this.#canvas.width !== pixels.width || this.#canvas.height !== pixels.height)
      Object.assign(this.#canvas, pixels);
    const context = this.#canvas.getContext('2d');
    if (context) paint(context, 'mean', scale, true);
  }
}
