/** The rows of the tree of runs, which are read in a side bar 250 pixels wide: the few words that matter stand first, the rest is in the tooltip. */
import * as vscode from 'vscode';
import { decoratedUri } from './runDecorations.js';
import { isLive, isResumable, type RunState, type RunSummary } from './runSummary.js';
import { describeRun, rowText, STATE_NAMES, troubleOf } from './wording.js';

const ICONS: Readonly<Record<RunState, readonly [icon: string, color?: string]>> = {
  created: ['circle-outline'],
  queued: ['watch', 'charts.blue'],
  preparing: ['loading~spin', 'charts.blue'],
  running: ['sync~spin', 'charts.blue'],
  stopping: ['loading~spin', 'charts.yellow'],
  stopped: ['debug-pause'],
  finished: ['pass-filled', 'testing.iconPassed'],
  failed: ['error', 'testing.iconFailed'],
  interrupted: ['debug-disconnect', 'charts.yellow'],
  broken: ['warning', 'list.warningForeground'],
};

export function runItem(summary: RunSummary): vscode.TreeItem {
  const { dir, name, state, problems } = summary;
  const isStarred = summary.run?.notes.isStarred === true;
  const item = new vscode.TreeItem(isStarred ? `★ ${name}` : name);
  item.resourceUri = decoratedUri(dir);
  const [icon, color] = iconOf(summary);
  // VS Code remembers by the id that a row was folded; one that has just failed opens.
  item.id = problems.length > 0 ? `${dir} (with problems)` : dir;
  item.description = rowText(summary);
  item.iconPath = new vscode.ThemeIcon(icon, color === undefined ? undefined : new vscode.ThemeColor(color));
  item.accessibilityInformation = {
    label: `${isStarred ? vscode.l10n.t('starred, {0}', name) : name}, ${STATE_NAMES[state]}, ${describeRun(summary)}`,
  };
  item.collapsibleState =
    problems.length > 0 ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.None;
  item.contextValue = contextOf(summary);
  // A click, or Enter. Not while several are selected: VS Code sees to that.
  item.command = { command: 'dino.previewLossCurve', title: vscode.l10n.t('Preview Loss Curve'), arguments: [dir] };
  return item;
}

/** What is wrong with the numbers shows in the icon; that a run is under way, too. */
function iconOf(summary: RunSummary): readonly [icon: string, color?: string] {
  const trouble = troubleOf(summary);
  if (trouble === undefined) return ICONS[summary.state];
  const color = trouble.level === 'error' ? 'list.errorForeground' : 'list.warningForeground';
  return [isLive(summary) ? ICONS[summary.state][0] : 'warning', color];
}

/** Words that the `when` clauses of package.json look for. */
function contextOf(summary: RunSummary): string {
  const words = ['run'];
  if (isLive(summary)) words.push('live');
  else words.push('idle');
  if (['queued', 'preparing', 'running'].includes(summary.state)) words.push('stoppable');
  if (summary.state === 'queued') words.push('queued');
  if (isResumable(summary)) words.push('resumable');
  if (summary.run) {
    words.push('recorded');
    words.push(summary.run.notes.isStarred ? 'starred' : 'unstarred');
    words.push(summary.run.notes.isArchived ? 'archived' : 'unarchived');
  }
  return words.join(' ');
}

export function problemItem(message: string): vscode.TreeItem {
  const item = new vscode.TreeItem(message);
  item.iconPath = new vscode.ThemeIcon('output');
  item.tooltip = message;
  return item;
}

export function archiveItem(archived: number): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Archived'), vscode.TreeItemCollapsibleState.Collapsed);
  item.id = 'archived';
  item.description = `${archived}`;
  item.iconPath = new vscode.ThemeIcon('archive');
  item.contextValue = 'archive';
  return item;
}
