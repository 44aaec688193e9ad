/** The choice of a checkpoint: whose network, and after how many steps of training. */
import * as l10n from '@vscode/l10n';
import type { Source } from '../../src/protocol/attentionPanel.js';
import { dropdown, slider } from '../shared/controls.js';
import { element } from '../shared/element.js';

export interface CheckpointPicker {
  readonly element: HTMLElement;
  /** Replaces what can be chosen; one that is gone gives way to the last of its run, or else to the first run's. */
  offer(sources: readonly Source[], wanted: string | undefined): void;
  /** Its id. */
  readonly chosen: string | undefined;
  /** Of the checkpoint that is chosen. */
  readonly source: Source | undefined;
  readonly isLatest: boolean;
  /** `flowers, step 120`. */
  readonly label: string;
}

const stepText = (step: number | undefined): string =>
  step === undefined ? '–' : step === 0 ? l10n.t('untrained') : `${step}`;

/** @param name of the network in the page, when there are two */
export function checkpointPicker(name: string, onChoose: () => void): CheckpointPicker {
  let sources: readonly Source[] = [];
  let source: Source | undefined;
  let place = 0;

  const chooseAt = (chosen: number): void => {
    place = chosen;
    show();
    onChoose();
  };
  const networks = dropdown(name, (id) => {
    source = sources.find((one) => one.id === id);
    chooseAt((source?.checkpoints.length ?? 1) - 1);
  });
  const steps = slider({
    label: l10n.t('Training steps'),
    min: 0,
    max: 1,
    step: 1,
    value: 0,
    show: (at) => stepText(source?.checkpoints[at]?.step),
    onSlide: chooseAt,
  });
  /** For the one who knows which: the nearest that there is. */
  const exact = element('input', { type: 'number', class: 'exact', min: '0', 'aria-label': l10n.t('{0}: step', name) });
  exact.addEventListener('change', () => {
    const wanted = exact.valueAsNumber;
    if (source === undefined || Number.isNaN(wanted)) return show();
    const distances = source.checkpoints.map(({ step = 0 }) => Math.abs(step - wanted));
    chooseAt(distances.indexOf(Math.min(...distances)));
  });
  const trained = element('div', { class: 'trained' }, steps.element, exact);
  const show = (): void => {
    const count = source?.checkpoints.length ?? 0;
    trained.hidden = count < 2;
    steps.set(place, { max: Math.max(1, count - 1) });
    exact.value = `${source?.checkpoints[place]?.step ?? ''}`;
  };

  return {
    element: element('div', { class: 'picker', role: 'group', 'aria-label': name }, networks.element, trained),
    offer(offered, wanted) {
      const before = source?.id;
      sources = offered;
      const has = (id: string | undefined) => (one: Source) =>
        one.checkpoints.some((checkpoint) => checkpoint.id === id);
      source = sources.find(has(wanted)) ?? sources.find(({ id }) => id === before) ?? sources[0];
      const found = source?.checkpoints.findIndex(({ id }) => id === wanted) ?? -1;
      place = found >= 0 ? found : Math.max(0, (source?.checkpoints.length ?? 0) - 1);
      networks.offer(
        sources.map(({ id, label }) => ({ value: id, label })),
        source?.id,
      );
      show();
    },
    get chosen() {
      return source?.checkpoints[place]?.id;
    },
    get source() {
      return source;
    },
    get isLatest() {
      return place === (source?.checkpoints.length ?? 0) - 1;
    },
    get label() {
      const [label, step] = [source?.label ?? '', source?.checkpoints[place]?.step];
      if (step === undefined) return label;
      return step === 0 ? l10n.t('{0}, untrained', label) : l10n.t('{0}, step {1}', label, step);
    },
  };
}
