/** The slider over the training: which checkpoint puts the images where, and what is on the way between two. */
import * as l10n from '@vscode/l10n';
import { visit } from '../../src/protocol/embeddingPanel.js';
import { button, slider } from '../shared/controls.js';
import { element } from '../shared/element.js';
import { tell } from '../shared/host.js';
import type { Plot } from './plot.js';
import { shown } from './shown.js';
import { state } from './state.js';

/** A dragged slider comes to rest before a checkpoint is computed. */
const REST_MS = 350;

export class CheckpointSlider {
  readonly element: HTMLElement;
  readonly #steps = slider({
    label: l10n.t('Checkpoint'),
    min: 0,
    max: 1,
    step: 0.05,
    value: 0,
    show: (value) => placeText(value),
    onSlide: (place) => this.#slide(place),
  });
  readonly #all = button(l10n.t('Compute All'), () => {
    // What the slider came to rest at is among them.
    clearTimeout(this.#timer);
    tell(visit, shown.missing);
  });
  #timer: number | undefined;

  /** @param onRest a checkpoint is shown that was laid out before */
  constructor(
    private readonly plot: Plot,
    private readonly onRest: () => void,
  ) {
    this.element = element('div', { class: 'timeline', hidden: '' }, this.#steps.element, this.#all);
  }

  /** There are other checkpoints, or more of them are laid out. */
  refresh(): void {
    const { checkpoints, layouts, missing } = shown;
    this.element.hidden = checkpoints.length < 2 || layouts.size === 0;
    if (this.element.hidden) return;
    this.#steps.set(state.value.place ?? checkpoints.length - 1, { min: 0, max: checkpoints.length - 1 });
    this.#all.toggleAttribute('disabled', missing.length === 0);
  }

  /** The points between two checkpoints are on the way from the one to the other. */
  showPlace(): void {
    const { place } = state.value;
    if (place === undefined || shown.moving !== undefined) return;
    const [low, high] = [Math.floor(place), Math.ceil(place)].map((at) =>
      shown.layouts.get(shown.checkpoints[at]?.id ?? ''),
    );
    const share = place - Math.floor(place);
    const there = low ?? high;
    if (low !== undefined && high !== undefined && share > 0)
      this.plot.move(
        low.map((value, at) => value + share * ((high[at] as number) - value)),
        false,
        true,
      );
    else if (there !== undefined) this.plot.move(there, false);
  }

  #slide(place: number): void {
    state.set({ place });
    this.showPlace();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#visit(place), REST_MS);
  }

  #visit(place: number): void {
    const wanted = [Math.floor(place), Math.ceil(place)].map((at) => shown.checkpoints[at]?.id);
    const unknown = [...new Set(wanted)].filter((id) => id !== undefined && !shown.layouts.has(id));
    if (unknown.length > 0) tell(visit, unknown as string[]);
    else this.onRest();
  }
}

function placeText(place: number): string {
  const { checkpoints } = shown;
  const [low, high] = [checkpoints[Math.floor(place)], checkpoints[Math.ceil(place)]];
  if (low === undefined) return '';
  return high === undefined || low === high ? low.label : `${low.label} → ${high.label}`;
}
