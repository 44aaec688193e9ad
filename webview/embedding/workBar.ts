/** The work that is under way: what is being done, how far it is, and its buttons. */
import * as l10n from '@vscode/l10n';
import { cancel, hold, type Progress } from '../../src/protocol/embeddingPanel.js';
import { button, progressRing } from '../shared/controls.js';
import { element } from '../shared/element.js';
import { tell } from '../shared/host.js';

type Work = Exclude<Progress, { phase: 'idle' | 'failed' }>;
type LabelOf = (checkpoint: string) => string | undefined;

export interface WorkBar {
  readonly element: HTMLElement;
  /** @param labelOf a checkpoint's name for people */
  show(progress: Progress, labelOf: LabelOf): void;
}

export function createWorkBar(): WorkBar {
  let isHeld = false;
  const meter = element('progress', { max: '1', 'aria-label': l10n.t('Progress') });
  const text = element('span');
  const holdButton = button(l10n.t('Pause'), () => tell(hold, !isHeld));
  const cancelButton = button(l10n.t('Cancel'), () => tell(cancel, undefined));
  const bar = element(
    'div',
    { class: 'work float', hidden: '' },
    progressRing(l10n.t('Working')),
    text,
    meter,
    holdButton,
    cancelButton,
  );
  return {
    element: bar,
    show(progress, labelOf) {
      bar.hidden = progress.phase === 'idle' || progress.phase === 'failed';
      if (progress.phase === 'idle' || progress.phase === 'failed') return;
      const { phase, done, total } = progress;
      isHeld = progress.isHeld;
      text.textContent = sentenceOf(progress, labelOf);
      if (total > 0) meter.value = done / total;
      else meter.removeAttribute('value');
      holdButton.hidden = phase !== 'projecting';
      holdButton.textContent = isHeld ? l10n.t('Go On') : l10n.t('Pause');
    },
  };
}

/** What is being done, how far it is, and by which checkpoint. */
function sentenceOf({ phase, done, total, isHeld, checkpoint }: Work, labelOf: LabelOf): string {
  const [at, of] = [done.toLocaleString('en'), total.toLocaleString('en')];
  const what = {
    features: total > 0 ? l10n.t('Features {0} of {1}', at, of) : l10n.t('Features'),
    neighbors: total > 0 ? l10n.t('Nearest neighbors {0} of {1}', at, of) : l10n.t('Nearest neighbors'),
    projecting: total > 0 ? l10n.t('Laying out, step {0} of {1}', at, of) : l10n.t('Laying out'),
  }[phase];
  const label = labelOf(checkpoint);
  const whole = label ? l10n.t('{0} ({1})', what, label) : what;
  return isHeld ? l10n.t('Paused: {0}', whole) : whole;
}
