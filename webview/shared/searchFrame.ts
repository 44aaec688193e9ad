/** What the pages that search or segment images have in common: their title, by which network they look, the work under way, and what is wrong. */
import * as l10n from '@vscode/l10n';
import type { Source } from '../../src/protocol/attentionPanel.js';
import type { Compared, WorkProgress } from '../../src/protocol/shownImages.js';
import { blank } from './blank.js';
import { type CheckpointPicker, checkpointPicker } from './checkpointPicker.js';
import { button, progressRing } from './controls.js';
import { element } from './element.js';
import { faintGrid } from './faintGrid.js';
import { headsChoice } from './headsChoice.js';

export interface SearchFrame {
  readonly header: HTMLElement;
  /** By which network. */
  readonly network: readonly HTMLElement[];
  /** After how many steps of its training. */
  readonly training: HTMLElement;
  /** The work, and what is wrong. */
  readonly states: readonly HTMLElement[];
  /** In the place of what will be found. */
  readonly nothing: HTMLElement;
  setTitle(title: string): void;
  say(text: string): void;
  offer(networks: readonly Source[], wanted: string | undefined): void;
  /** Of the question; undefined where there is no checkpoint. */
  asked(): { readonly checkpoint: string; readonly numHeads?: number } | undefined;
  /** Only who began the work ends it: a problem may be one of something else. */
  setWorking(isWorking: boolean): void;
  show(progress: WorkProgress): void;
  /**
   * Beside what was found, or in its place while there is nothing.
   * @param isPassing whether it may be otherwise when it is tried again
   */
  showProblem(message: string | undefined, isPassing?: boolean): void;
  /** There is no network to look with: where something was found by one, it is to be forgotten first. */
  showNoNetwork(): void;
  /** From now on there is something to see, or no longer. What is wrong stands beside it, or is forgotten with it. */
  setFound(isFound: boolean): void;
}

interface SearchFrameEvents {
  /** Another network, or the same one again. */
  readonly onAsk: (checkpoint: string | undefined, numHeads: number | undefined) => void;
  readonly onCancel: () => void;
  readonly onTrain: () => void;
  /** What is being done, until progress is told. */
  readonly working?: string;
}

export function searchFrame(
  numHeads: number | undefined,
  { onAsk, onCancel, onTrain, working = l10n.t('Looking through the folder…') }: SearchFrameEvents,
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
  const nothing = blank(faintGrid());
  nothing.show('');
  let isFound = false;
  const askAgain = { label: l10n.t('Try Again'), act: () => onAsk(picker.chosen, heads) };
  showFitting();
  return {
    header: element('header', {}, title, note),
    network: [picker.element, headsElement],
    training: picker.training,
    states: [problem, work],
    nothing: element('div', { class: 'nothing' }, nothing.element),
    setTitle(text) {
      title.textContent = text;
      title.title = text;
    },
    say(text) {
      note.textContent = text;
      note.title = text;
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
      problem.hidden = message === undefined || !isFound;
      problemText.textContent = message ?? '';
      again.hidden = !isPassing;
      if (!isFound) nothing.show(message ?? '', isPassing ? askAgain : undefined, message !== undefined);
    },
    showNoNetwork() {
      const train = { label: l10n.t('Start Training…'), act: onTrain };
      nothing.show(l10n.t('A search needs a network that looks at the images, and there is none yet.'), train);
    },
    setFound(now) {
      isFound = now;
      if (isFound) nothing.hide();
      else problemText.textContent = '';
      problem.hidden = problemText.textContent === '';
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

/** The first time it goes without saying. */
function freshText(images: number, computed: number): string[] {
  if (computed === 0 || computed === images) return [];
  if (computed === 1) return [l10n.t('1 of them is new.')];
  return [l10n.t('{0} of them are new.', computed.toLocaleString('en'))];
}
