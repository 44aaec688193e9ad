import * as vscode from 'vscode';
import { showInformation } from '../messages.js';
import { withoutIcons } from '../plainText.js';
import type { ListedRun, RunList } from '../runList.js';
import type { RunSummary } from '../runSummary.js';
import type { RunsView } from '../runsView.js';
import { describeRun } from '../wording.js';

/** What a key gives to a command in the place of a row: it is about what is selected in the tree. */
export const SELECTION = 'selection';

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
    void showInformation(vscode.l10n.t('{0}: there is no such run.', title));
    return undefined;
  }
  if (fitting.length === 1) return fitting[0];
  const items = fitting.map((run) => ({
    label: withoutIcons(run.summary.name),
    description: describeRun(run.summary),
    run,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: vscode.l10n.t('Which run?'),
    matchOnDescription: true,
  });
  return picked?.run;
}

/**
 * The runs that a command for several is about: what a menu gave it (the row, and all that are selected), else the
 * tree's selection, else those that the person picks.
 * @returns none when there are fewer than two, which is said, or none were picked
 */
export async function pickRuns(
  runs: RunList,
  runsView: RunsView,
  given: readonly unknown[],
  title: string,
): Promise<readonly ListedRun[]> {
  const dirs = new Set(given.flat().map((one) => (typeof one === 'string' ? one : dirOf(one))));
  const fromMenu = runs.runs.filter(({ dir }) => dirs.has(dir));
  const chosen = fromMenu.length > 1 ? fromMenu : runsView.allSelected;
  if (chosen.length > 1) return chosen;
  if (runs.runs.length < 2) {
    void showInformation(vscode.l10n.t('{0}: there are fewer than two runs.', title));
    return [];
  }
  const items = runs.runs.map((run) => ({
    label: withoutIcons(run.summary.name),
    description: describeRun(run.summary),
    picked: chosen.includes(run) || fromMenu.includes(run),
    run,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: vscode.l10n.t('Which runs?'),
    matchOnDescription: true,
    canPickMany: true,
  });
  return picked?.map(({ run }) => run) ?? [];
}

/**
 * The runs that a command for one or several is about: what a menu gave it (the row, and all that are selected), else
 * those of the tree's selection that it is for, else those that the person picks.
 * @param fits which runs the command is for; what a menu gave is not asked
 * @returns none when there are none, which is said, or none were picked
 */
export async function pickTargets(
  runs: RunList,
  runsView: RunsView,
  given: readonly unknown[],
  title: string,
  fits: (summary: RunSummary) => boolean,
): Promise<readonly ListedRun[]> {
  if (given.includes(SELECTION) && runsView.allSelected.length > 0) return runsView.allSelected;
  const dirs = new Set(given.flat().map((one) => (typeof one === 'string' ? one : dirOf(one))));
  const fromMenu = runs.runs.filter(({ dir }) => dirs.has(dir));
  if (fromMenu.length > 0) return fromMenu;
  const fitting = runs.runs.filter(({ summary }) => fits(summary));
  if (fitting.length === 0) {
    void showInformation(vscode.l10n.t('{0}: there is no such run.', title));
    return [];
  }
  const picked = await vscode.window.showQuickPick(
    fitting.map((run) => ({
      label: withoutIcons(run.summary.name),
      description: describeRun(run.summary),
      picked: runsView.allSelected.includes(run),
      run,
    })),
    { title, placeHolder: vscode.l10n.t('Which runs?'), matchOnDescription: true, canPickMany: true },
  );
  return picked?.map(({ run }) => run) ?? [];
}

const dirOf = (given: unknown): string | undefined =>
  typeof given === 'object' && given !== null && 'dir' in given && typeof given.dir === 'string'
    ? given.dir
    : undefined;
