/** What a command on a run or a checkpoint is about. */
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { latestCheckpoint } from '../../runs/checkpoint.js';
import type { ListedRun, RunList } from '../runList.js';
import { pickRun } from './pickRun.js';

export interface ChosenCheckpoint {
  readonly checkpoint: string;
  /** That it is of. */
  readonly run: ListedRun;
}

/**
 * A row of the checkpoints, a run (its newest checkpoint), or one that is picked; undefined when none was.
 * @param title of the list to pick from
 * @throws Error with one sentence
 */
export async function chosenCheckpoint(
  given: unknown,
  runs: RunList,
  title: string,
): Promise<ChosenCheckpoint | undefined> {
  const isCheckpoint =
    typeof given === 'object' && given !== null && 'path' in given && typeof given.path === 'string' && 'step' in given;
  if (isCheckpoint) {
    const checkpoint = String(given.path);
    const run = runs.get(dirname(dirname(checkpoint)));
    if (run === undefined) throw new Error(vscode.l10n.t('{0} is of no run in this workspace.', checkpoint));
    return { checkpoint, run };
  }
  const run = await pickRun(runs, given, title, ({ run }) => run !== undefined);
  if (run === undefined) return undefined;
  const latest = latestCheckpoint(run.dir);
  if (latest === undefined) throw new Error(vscode.l10n.t('{0} has no checkpoint yet.', run.summary.name));
  return { checkpoint: latest.path, run };
}
