/** How a suggestion looks in the list that a training is started from. */
import * as vscode from 'vscode';
import type { SuggestAnswer, SuggestedSubject, TrialAnswer } from '../../protocol/suggestWork.js';
import { withoutIcons } from '../plainText.js';
import { durationText } from '../wording.js';
import type { StartItem } from './pickStart.js';

export const SUBJECT_NAMES: Readonly<Record<SuggestedSubject, string>> = {
  network: vscode.l10n.t('Network'),
  batch: vscode.l10n.t('Batch'),
  prototypes: vscode.l10n.t('Prototypes'),
  crops: vscode.l10n.t('Crops'),
  epochs: vscode.l10n.t('Epochs'),
  engine: vscode.l10n.t('Engine'),
};

const START_LABEL = vscode.l10n.t('$(play) Start With These Settings');

const ITEMS_TO_COME: StartItem[] = [
  { label: START_LABEL, description: vscode.l10n.t('looking at the images…') },
  ...Object.values(SUBJECT_NAMES).map((name) => ({ label: `$(edit) ${name}`, description: '…' })),
];

/**
 * One item takes it all, and one for each of its lines changes that. There are as many before the suggestion is there, which choose
 * nothing: a list that grows under the mouse starts what nobody meant.
 * @param trial what was measured, or why it could not be; undefined while it is not known
 * @param isMeasured whether it will be
 */
export function suggestedItems(
  suggestion: SuggestAnswer | undefined,
  trial: TrialAnswer | string | undefined,
  isMeasured: boolean,
): StartItem[] {
  if (suggestion === undefined) return ITEMS_TO_COME;
  const { preset, set, lines, warnings } = suggestion;
  return [
    {
      label: START_LABEL,
      description: takesText(suggestion, trial, isMeasured),
      ...(warnings.length > 0 && { detail: `$(warning) ${withoutIcons(warnings.join(' '))}` }),
      choice: { ...(preset !== undefined && { preset }), settings: set },
    },
    ...lines.map(({ subject, value, reason }) => ({
      label: `$(edit) ${SUBJECT_NAMES[subject]}: ${withoutIcons(value)}`,
      description: withoutIcons(reason),
      change: subject,
    })),
  ];
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

function takesText(
  { seconds, memory, free }: SuggestAnswer,
  trial: TrialAnswer | string | undefined,
  isMeasured: boolean,
): string {
  const measured = typeof trial === 'object' ? trial : undefined;
  const [time, peak] = [measured?.seconds ?? seconds, measured?.memory ?? memory];
  const parts = [
    time === undefined ? undefined : vscode.l10n.t('about {0}', durationText(time)),
    peak === undefined ? undefined : vscode.l10n.t('{0} of {1} free memory', gigabytes(peak), gigabytes(free)),
    measured !== undefined
      ? vscode.l10n.t('measured')
      : isMeasured && trial === undefined
        ? vscode.l10n.t('estimated; measuring…')
        : vscode.l10n.t('estimated'),
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}
