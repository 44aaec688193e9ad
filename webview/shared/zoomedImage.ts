/** The image and what lies on it, as one that is zoomed and panned. */
import { element } from './element.js';
import { type View, WHOLE } from './view.js';
import { Zoomable } from './zoomable.js';
import { ZoomBadge } from './zoomBadge.js';

const LIMITS = { least: 1, most: 16, slack: 0 };

export class ZoomedImage {
  readonly element: HTMLElement;
  readonly #whole: HTMLElement;
  readonly #zoomable: Zoomable;
  readonly #badge = new ZoomBadge(() => this.#zoomable.reset());
  #name = '';

  constructor(...parts: readonly HTMLElement[]) {
    this.#whole = element('div', { class: 'whole' }, ...parts);
    this.element = element('div', { class: 'stage' }, this.#whole, this.#badge.element);
    this.#zoomable = new Zoomable(this.element, {
      ...LIMITS,
      pans: () => this.#zoomable.view.k > 1,
      onChange: (view) => this.#show(view),
      onRest: () => undefined,
    });
    this.element.addEventListener('dblclick', () => this.#zoomable.reset());
    this.#show(WHOLE);
  }

  zoomBy(factor: number): void {
    this.#zoomable.zoomBy(factor);
  }

  reset(): void {
    this.#zoomable.reset();
  }

  /** @param ratio width over height; @param name another image begins with all in view */
  showShape(ratio: number, name: string): void {
    this.element.style.setProperty('--ratio', `${ratio}`);
    if (name !== this.#name) this.#zoomable.reset();
    this.#name = name;
  }

  #show(view: View): void {
    this.#badge.show(view);
    // Lines and letters stay as wide as they are.
    for (const [name, value] of Object.entries(view)) this.#whole.style.setProperty(`--${name}`, `${value}`);
  }
}
