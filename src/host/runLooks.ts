/** How runs are told apart: a color, dashes and a marker each, the same wherever the run is seen. */
import { basename } from 'node:path';
import * as l10n from '@vscode/l10n';
import { LOOKS } from '../runs/runNotes.js';
import type { RunSummary } from './runSummary.js';

type Looked = Pick<RunSummary, 'dir' | 'run'>;

/** What a person calls the looks, and the marker that stands for each in the tree. */
export const LOOK_NAMES: readonly { readonly name: string; readonly marker: string }[] = [
  { name: l10n.t('blue'), marker: '●' },
  { name: l10n.t('orange'), marker: '■' },
  { name: l10n.t('green'), marker: '▲' },
  { name: l10n.t('pink'), marker: '◆' },
  { name: l10n.t('yellow'), marker: '★' },
  { name: l10n.t('violet'), marker: '✚' },
  { name: l10n.t('gray'), marker: '✖' },
];

/** The one that was chosen, else one that follows from the run's folder and so stays the same. */
export function lookOf({ dir, run }: Looked): number {
  if (run?.notes.look !== undefined) return run.notes.look;
  let hash = 0;
  for (const character of basename(dir)) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return hash % LOOKS;
}

/** Of runs that are seen together, at most {@link LOOKS}: no two the same. What was chosen is kept before what was not. */
export function looksOf(runs: readonly Looked[]): Map<string, number> {
  const looks = new Map<string, number>();
  const isChosen = ({ run }: Looked) => (run?.notes.look === undefined ? 1 : 0);
  for (const one of [...runs].sort((a, b) => isChosen(a) - isChosen(b))) {
    const taken = new Set(looks.values());
    let look = lookOf(one);
    while (taken.has(look) && taken.size < LOOKS) look = (look + 1) % LOOKS;
    looks.set(one.dir, look);
  }
  return looks;
}
