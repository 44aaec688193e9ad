/** What the pages that search or segment images have in common: their title, by which network they look, the work under way, and what is wrong. */
import * as l10n from '@vscode/l10n';
import type { Source } from '../../src/protocol/attentionPanel.js';
import type { Compared, WorkProgress } from '../../src/protocol/shownImages.js';
import { type CheckpointPicker, checkpointPicker } from './checkpointPicker.js';
import { button, progressRing } from './controls.js';
import { element } from './element.js';
import { headsChoice } from './headsChoice.js';

export interface SearchFrame {
  readonly header: HTMLElement;
  /** By which network. */
  readonly network: readonly HTMLElement[];
  /** The work, and what is wrong. */
  readonly states: readonly HTMLElement[];
  setTitle(title: string): void;
  say(text: string): void;
  offer(networks: readonly Source[], wanted: string | undefined): void;
  /** Of the question; undefined where there is no checkpoint. */
  asked(): { readonly checkpoint: string; readonly numHeads?: number } | undefined;
  setWorking(isWorking: boolean): void;
  show(progress: WorkProgress): void;
  /** @param isPassing whether it may be otherwise when it is tried again */
  showProblem(message: string | undefined, isPassing?: boolean): void;
}

interface SearchFrameEvents {
  /** Another network, or the same one again. */
  readonly onAsk: (checkpoint: string | undefined, numHeads: number | undefined) => void;
  readonly onCancel: () => void;
  /** What is being done, until progress is told. */
  readonly working?: string;
}

export function searchFrame(
  numHeads: number | undefined,
  { onAsk, onCancel, working = l10n.t('Looking through the folder…') }: SearchFrameEvents,
): SearchFrame {
  let heads = numHeads;
  const title = element('h1');
  const note = element('p', { class: 'note', role: 'status' });
  const picker: CheckpointPicker = checkpointPicker(l10n.t('Network'), () => {
    showFitting();
    onAsk(picker.chosen, heads);
  });
  const headsElement = headsChoice(heads, (chosen) => {
    heads = chosen;
    onAsk(picker.chosen, heads);
  });
  const showFitting = (): void => {
    headsElement.hidden = picker.source?.isFile !== true;
  };
  const problemText = element('span');
  const again = button(l10n.t('Try Again'), () => onAsk(picker.chosen, heads));
  const problem = element('div', { class: 'problem', role: 'alert', hidden: '' }, problemText, again);
  const workText = element('span');
  const meter = element('progress', { max: '1', 'aria-label': l10n.t('Progress') });
  const work = element(
    'div',
    { class: 'work', hidden: '' },
    progressRing(l10n.t('Working')),
    workText,
    meter,
    button(l10n.t('Cancel'), onCancel),
  );
  showFitting();
  return {
    header: element('header', {}, title, note),
    network: [picker.element, picker.training, headsElement],
    states: [problem, work],
    setTitle(text) {
      title.textContent = text;
    },
    say(text) {
      note.textContent = text;
    },
    offer(networks, wanted) {
      picker.offer(networks, wanted);
      showFitting();
    },
    asked() {
      const { chosen, source } = picker;
      if (chosen === undefined) return undefined;
      return { checkpoint: chosen, ...(source?.isFile && heads !== undefined && { numHeads: heads }) };
    },
    setWorking(isWorking) {
      work.hidden = !isWorking;
      workText.textContent = working;
      meter.removeAttribute('value');
    },
    show({ done, total, of }) {
      workText.textContent = l10n.t('{0}: {1} of {2}', of, done.toLocaleString('en'), total.toLocaleString('en'));
      if (total > 0) meter.value = done / total;
    },
    showProblem(message, isPassing = false) {
      problem.hidden = message === undefined;
      problemText.textContent = message ?? '';
      again.hidden = !isPassing;
    },
  };
}

/** What was compared, in a sentence each. */
export function comparedText({ images, computed, checkpointName, notes }: Compared): string {
  const whole =
    images === 1
      ? l10n.t('1 image by {0}.', checkpointName)
      : l10n.t('{0} images by {1}.', images.toLocaleString('en'), checkpointName);
  return [whole, ...freshText(images, computed), ...notes].join(' ');
}

function freshText(images: number, computed: number): string[] {
  if (computed === 0) return [];
  if (images === computed) return [images === 1 ? l10n.t('It is new.') : l10n.t('All of them are new.')];
  if (computed === 1) return [l10n.t('1 of them is new.')];
  return [l10n.t('{0} of them are new.', computed.toLocaleString('en'))];
}
