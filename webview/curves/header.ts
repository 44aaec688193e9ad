/** Which runs are shown, how each stands, and what its numbers mean, in words. With several runs it is the charts' legend. */
import * as l10n from '@vscode/l10n';
import type { ShownRun } from '../../src/protocol/curves.js';
import { checkbox } from '../shared/controls.js';
import { element } from '../shared/element.js';
import { readTheme, type Theme } from '../shared/theme.js';
import { colorOf, type Shown } from './shown.js';
import { state } from './state.js';
import { swatch } from './swatch.js';

export class Header {
  readonly element: HTMLElement;
  readonly #title = element('h1');
  readonly #runs = element('ul', { class: 'runs', 'aria-label': l10n.t('Runs') });
  readonly #problem = element('div', { class: 'problem', role: 'alert', hidden: '' });

  /** @param onHide the runs that are not drawn */
  constructor(
    private readonly shown: Shown,
    private readonly onHide: (hidden: string[]) => void,
  ) {
    this.element = element('header', {}, this.#title, this.#problem, this.#runs);
  }

  show(): void {
    const { runs, isCompared } = this.shown;
    const theme = readTheme();
    this.#title.title = runs[0]?.name ?? '';
    this.#title.textContent = isCompared ? l10n.t('{0} runs', runs.length) : (runs[0]?.name ?? '');
    this.element.classList.toggle('isCompared', isCompared);
    const problems = runs.flatMap((run) => (run.problem === undefined ? [] : [`${run.name}: ${run.problem}`]));
    this.showProblem(problems.length > 0 ? problems.join('\n') : undefined);
    // Drawn anew only where something changed, so that what has the focus keeps it.
    runs.forEach((run, index) => {
      const item = this.#item(run, theme);
      const before = this.#runs.children[index];
      if (before === undefined) this.#runs.append(item);
      else if (before.getAttribute('data-said') !== item.getAttribute('data-said')) {
        const hadFocus = before.contains(document.activeElement);
        before.replaceWith(item);
        if (hadFocus) item.querySelector<HTMLElement>('vscode-checkbox')?.focus();
      }
    });
    while (this.#runs.children.length > runs.length) this.#runs.lastElementChild?.remove();
  }

  showProblem(text: string | undefined): void {
    this.#problem.hidden = text === undefined;
    this.#problem.textContent = text ?? '';
  }

  #item(run: ShownRun, theme: Theme): HTMLElement {
    const { name, look, description, diagnosis, dir } = run;
    const said = JSON.stringify([name, look, description, diagnosis, theme.series, this.shown.isCompared]);
    const { hidden } = state.value;
    const box = () => {
      const made = checkbox(name, !hidden.includes(dir), (isOn) => {
        const others = state.value.hidden.filter((one) => one !== dir);
        this.onHide(isOn ? others : [...others, dir]);
      });
      made.title = name;
      return made;
    };
    const legend = this.shown.isCompared ? [swatch(look, colorOf(run, theme)), box()] : [];
    const standing = element('span', { class: 'description' }, description);
    const words =
      diagnosis && element('p', { class: diagnosis.isTrouble ? 'diagnosis trouble' : 'diagnosis' }, diagnosis.text);
    if (words) words.title = diagnosis.text;
    return element(
      'li',
      { 'data-said': said },
      element('div', { class: 'run' }, ...legend, standing),
      ...(words ? [words] : []),
    );
  }
}
