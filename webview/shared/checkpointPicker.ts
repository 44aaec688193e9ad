/** The choice of a checkpoint: whose network, by a list, and after how many steps of training, by a time line. */
import * as l10n from '@vscode/l10n';
import type { Source } from '../../src/protocol/attentionPanel.js';
import { dropdown } from './controls.js';
import { element } from './element.js';
import { TimeLine } from './timeLine.js';

export interface CheckpointPicker {
  /** The list of networks. */
  readonly element: HTMLElement;
  /** The time line of the one that is chosen. */
  readonly training: HTMLElement;
  /**
   * Replaces what can be chosen; one that is gone gives way to the last of its run, or else to the first run's.
   * @param wanted id of a checkpoint; undefined: the newest of a run
   * @param followed id of that run; undefined: the first
   */
  offer(sources: readonly Source[], wanted: string | undefined, followed?: string): void;
  /** Its id. */
  readonly chosen: string | undefined;
  /** Of the checkpoint that is chosen. */
  readonly source: Source | undefined;
  readonly isLatest: boolean;
  /** `flowers, step 120`. */
  readonly label: string;
}

/**
 * @param name of the network in the page, when there are two
 * @param onChoose resolves when the checkpoint is shown
 * @param canFollow whether it goes on to the newest while its run trains
 */
export function checkpointPicker(
  name: string,
  onChoose: () => Promise<void> | void,
  canFollow = false,
): CheckpointPicker {
  let sources: readonly Source[] = [];
  let source: Source | undefined;
  let place = 0;

  const chooseAt = (chosen: number): Promise<void> | void => {
    place = chosen;
    show();
    return onChoose();
  };
  const networks = dropdown(name, (id) => {
    source = sources.find((one) => one.id === id);
    void chooseAt((source?.checkpoints.length ?? 1) - 1);
  });
  const steps = new TimeLine({ label: l10n.t('{0}: training steps', name), onChoose: chooseAt });
  /** For the one who knows which: the nearest that there is. */
  const exact = element('input', { type: 'number', class: 'exact', min: '0', 'aria-label': l10n.t('{0}: step', name) });
  exact.addEventListener('change', () => {
    const wanted = exact.valueAsNumber;
    if (source === undefined || Number.isNaN(wanted)) return show();
    const distances = source.checkpoints.map(({ step = 0 }) => Math.abs(step - wanted));
    void chooseAt(distances.indexOf(Math.min(...distances)));
  });
  const training = element('div', { class: 'trained' }, steps.element, exact);
  const show = (): void => {
    const checkpoints = source?.checkpoints ?? [];
    // A single checkpoint is nothing to choose from, but that a run is followed is worth to be seen.
    training.hidden = checkpoints.length < 2 && !(canFollow && source?.isLive === true);
    const stops = checkpoints.map(({ step = 0 }) => ({ step }));
    steps.show({ stops, place: Math.min(place, stops.length - 1), isLive: canFollow && source?.isLive === true });
    exact.value = `${checkpoints[place]?.step ?? ''}`;
  };

  const list = element('div', { class: 'picker', role: 'group', 'aria-label': name }, networks.element);
  return {
    element: list,
    training,
    offer(offered, wanted, followed) {
      const before = source?.id;
      sources = offered;
      const has = (one: Source) => one.checkpoints.some(({ id }) => id === wanted);
      const isOf = (run: string | undefined) => (one: Source) => one.id === run;
      const otherwise = wanted === undefined ? followed : before;
      source = sources.find(has) ?? sources.find(isOf(otherwise)) ?? sources[0];
      const found = source?.checkpoints.findIndex(({ id }) => id === wanted) ?? -1;
      place = found >= 0 ? found : Math.max(0, (source?.checkpoints.length ?? 0) - 1);
      list.hidden = sources.length === 0;
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
