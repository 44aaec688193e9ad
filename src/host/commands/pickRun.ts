import * as vscode from 'vscode';
import type { ListedRun, RunList } from '../runList.js';
import type { RunSummary } from '../runSummary.js';
import { describeRun } from '../wording.js';

/**
 * The run that a command is about: the tree's row or the folder that it was given, else the only one that fits, else
 * one that the person picks.
 * @param fits which runs the command is for
 * @returns undefined when there is none, which is said, or none was picked
 */
export async function pickRun(
  runs: RunList,
  given: unknown,
  title: string,
  fits: (summary: RunSummary) => boolean,
): Promise<ListedRun | undefined> {
  const dir = typeof given === 'string' ? given : dirOf(given);
  if (dir !== undefined) return runs.get(dir);
  const fitting = runs.runs.filter(({ summary }) => fits(summary));
  if (fitting.length === 0) {
    void vscode.window.showInformationMessage(`${title}: there is no such run.`);
    return undefined;
  }
  if (fitting.length === 1) return fitting[0];
  const items = fitting.map((run) => ({ label: run.summary.name, description: describeRun(run.summary), run }));
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: 'Which run?',
    matchOnDescription: true,
  });
  return picked?.run;
}

const dirOf = (given: unknown): string | undefined =>
  typeof given === 'object' && given !== null && 'dir' in given && typeof given.dir === 'string'
    ? given.dir
    : undefined;
