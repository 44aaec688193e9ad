/** What attention can be computed with: the checkpoints of the runs, imported weights, and the file that was chosen. */

import { statSync } from 'node:fs';
import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { Source } from '../protocol/attentionPanel.js';
import { type CheckpointInfo, listCheckpoints } from '../runs/checkpoint.js';
import type { AttentionChoice } from './attentionChoice.js';
import type { Imports } from './imports.js';
import type { RunList } from './runList.js';
import { isLive } from './runSummary.js';
import type { RunsView } from './runsView.js';

export interface CheckpointSourceParts {
  readonly runs: RunList;
  readonly runsView: RunsView;
  readonly choice: AttentionChoice;
  readonly imports: Imports;
}

export interface CheckpointSources {
  /** What was chosen from elsewhere, the selected run, the other runs, imported weights. */
  readonly sources: readonly Source[];
  /** The checkpoint that the person chose, if any. */
  readonly chosen: string | undefined;
}

export function checkpointSources({ runs, runsView, choice, imports }: CheckpointSourceParts): CheckpointSources {
  const selected = runsView.selected;
  const runsInOrder = selected ? [selected, ...runs.runs.filter((run) => run !== selected)] : runs.runs;
  const isNamedTwice = (name: string) => runsInOrder.filter(({ summary }) => summary.name === name).length > 1;
  const sources = runsInOrder.flatMap(({ dir, summary }): Source[] => {
    const { name } = summary;
    const checkpoints = checkpointsOf(dir).map(({ path: id, step }) => ({ id, step }));
    const label = isNamedTwice(name) ? `${name} (${path.basename(dir)})` : name;
    return checkpoints.length === 0 ? [] : [{ id: dir, label, isFile: false, isLive: isLive(summary), checkpoints }];
  });
  for (const { path: id, name: label, record } of imports.all)
    if (typeof record !== 'string') sources.push({ id, label, isFile: false, isLive: false, checkpoints: [{ id }] });
  const chosen = choice.path;
  const isListed = sources.some(({ checkpoints }) => checkpoints.some(({ id }) => id === chosen));
  if (chosen !== undefined && !isListed) sources.unshift(sourceFromElsewhere(chosen));
  return { sources, chosen };
}

/** The checkpoint to look with when none was asked for: the chosen one, else the newest of the selected run. */
export function usualCheckpoint(parts: CheckpointSourceParts): string | undefined {
  const { sources, chosen } = checkpointSources(parts);
  return chosen ?? sources[0]?.checkpoints.at(-1)?.id;
}

function checkpointsOf(dir: string): CheckpointInfo[] {
  try {
    return listCheckpoints(dir);
  } catch {
    return []; // The tree of checkpoints says what is wrong with the folder.
  }
}

/** A file by its name, a checkpoint's folder with its run's. */
function sourceFromElsewhere(chosen: string): Source {
  if (statSync(chosen, { throwIfNoEntry: false })?.isFile() ?? path.extname(chosen) !== '')
    return { id: chosen, label: path.basename(chosen), isFile: true, isLive: false, checkpoints: [{ id: chosen }] };
  const [run, step] = [path.basename(path.resolve(chosen, '../..')), Number(path.basename(chosen))];
  return {
    id: chosen,
    label: l10n.t('{0}, step {1}', run, step),
    isFile: false,
    isLive: false,
    checkpoints: [{ id: chosen, step }],
  };
}
