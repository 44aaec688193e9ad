/** What every run has at the pointer, beside it. */
import { element } from '../shared/element.js';

/** Between the pointer's line and the words. */
const GAP = 12;

export class Tooltip {
  // What it says stands beside the chart's title, too, where screen readers find it.
  readonly element = element('div', { class: 'tooltip', hidden: '', 'aria-hidden': 'true' });

  /** @param x pixels from the left of the chart @param y from its top */
  show(x: number, y: number, words: readonly HTMLElement[]): void {
    const { element: tip } = this;
    tip.replaceChildren(...words);
    tip.hidden = false;
    const chart = tip.parentElement;
    const [width, height] = [chart?.clientWidth ?? 0, chart?.clientHeight ?? 0];
    // On the other side of the pointer where it would not fit.
    const left = x + GAP + tip.offsetWidth > width ? x - GAP - tip.offsetWidth : x + GAP;
    tip.style.left = `${Math.max(0, left)}px`;
    tip.style.top = `${Math.max(0, Math.min(y, height - tip.offsetHeight))}px`;
  }

  hide(): void {
    this.element.hidden = true;
  }
}
