/** The choice of the curves that are drawn: a chip that says how many, and a list in it. */
import * as l10n from '@vscode/l10n';
import { checkbox } from '../shared/controls.js';
import { element } from '../shared/element.js';
import { menu } from '../shared/menu.js';
import { offeredBy } from './series.js';
import type { Shown } from './shown.js';

export class CurveMenu {
  readonly element: HTMLElement;
  readonly #list = element('div', { class: 'choice' });
  readonly #menu = menu(l10n.t('Curves'), this.#list);
  #offered = '';

  /** @param onChoose names of the metrics that are to be drawn */
  constructor(
    private readonly shown: Shown,
    private readonly onChoose: (names: string[]) => void,
  ) {
    this.element = this.#menu.element;
  }

  /** The list is made anew only where others are offered, so that what has the focus keeps it. */
  show(): void {
    const offered = offeredBy(this.shown.runs);
    const { metrics } = this.shown;
    this.#menu.name(l10n.t('{0} of {1} curves', metrics.length, offered.length));
    const said = JSON.stringify(offered);
    if (said === this.#offered) return;
    this.#offered = said;
    const isDrawn = (name: string) => this.shown.metrics.some((metric) => metric.name === name);
    this.#list.replaceChildren(
      ...offered.map(({ name, title, meaning }) => {
        const box = checkbox(title, isDrawn(name), (isOn) =>
          this.onChoose(offered.flatMap((one) => ((one.name === name ? isOn : isDrawn(one.name)) ? [one.name] : []))),
        );
        box.title = meaning;
        return box;
      }),
    );
  }
}
