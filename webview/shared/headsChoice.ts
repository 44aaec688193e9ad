/** The choice of how many heads a network has, for files that do not say so. */
import * as l10n from '@vscode/l10n';
import { dropdown } from './controls.js';

const HEADS = [1, 2, 3, 4, 6, 8, 12, 16, 24];
const AS_STORED = 'stored';

/** @param onChoose hears a number of heads, or undefined: what the file says */
export function headsChoice(
  numHeads: number | undefined,
  onChoose: (numHeads: number | undefined) => void,
): HTMLElement {
  const heads = dropdown(l10n.t('Heads'), (value) => onChoose(value === AS_STORED ? undefined : Number(value)));
  heads.offer(
    [
      { value: AS_STORED, label: l10n.t('As stored') },
      ...HEADS.map((count) => ({ value: `${count}`, label: `${count}` })),
    ],
    `${numHeads ?? AS_STORED}`,
  );
  return heads.element;
}
