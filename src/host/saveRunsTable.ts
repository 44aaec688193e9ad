/** Runs as a CSV, a row a run, in a file that the person chooses. */
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { fileProblem } from '../files/fileProblem.js';
import { runsTableHead, runsTableRow } from '../runs/runsTable.js';
import type { ListedRun } from './runList.js';

/** @throws Error with a sentence when the file cannot be written */
export async function saveRunsTable(runs: readonly ListedRun[]): Promise<void> {
  const [first] = runs;
  if (first === undefined) throw new Error(vscode.l10n.t('There is no run to export.'));
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.file(path.join(first.root, 'runs.csv')),
    filters: { CSV: ['csv'] },
  });
  if (target === undefined) return;
  const rows: string[] = [];
  // A run whose record cannot be read has nothing to tell.
  for (const { summary } of runs) if (summary.run) rows.push(await runsTableRow(summary.run));
  try {
    await writeFile(target.fsPath, runsTableHead() + rows.join(''));
  } catch (error) {
    throw new Error(vscode.l10n.t('The runs could not be saved as {0}: {1}.', target.fsPath, fileProblem(error)));
  }
}
