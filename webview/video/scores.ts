/** J and F in words. */
import * as l10n from '@vscode/l10n';
import type { ObjectScore, Segmented } from '../../src/protocol/videoPanel.js';

const percent = (share: number): string => l10n.t('{0} %', (100 * share).toFixed(1));

const text = ({ region, contour }: ObjectScore): string => l10n.t('J {0} · F {1}', percent(region), percent(contour));

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of one frame: the mean of its objects; '' where there is no truth. */
export function frameText(scores: readonly ObjectScore[] | undefined): string {
  if (scores === undefined || scores.length === 0) return '';
  const all = {
    region: mean(scores.map(({ region }) => region)),
    contour: mean(scores.map(({ contour }) => contour)),
  };
  return l10n.t('This frame: {0}', text(all));
}

/** Of each object of one frame, a line each; '' where there is one alone. */
export const objectsText = (scores: readonly ObjectScore[] = []): string =>
  scores.length < 2 ? '' : scores.map((score, at) => l10n.t('Object {0}: {1}', at + 1, text(score))).join('\n');

/** What is said of all frames. */
export function wholeText({ checkpointName, notes, whole }: Segmented): string {
  const by = l10n.t('By {0}.', checkpointName);
  if (whole === undefined) return [by, ...notes].join(' ');
  const all = l10n.t('All frames: J&F {0} ({1}).', percent((whole.region + whole.contour) / 2), text(whole));
  return [all, by, ...notes].join(' ');
}
