/** DINO: Copy Results as CSV. What evaluations say of a run, a checkpoint, or one result, as a table into the clipboard. */
import * as vscode from 'vscode';
import { METRICS } from '../../metrics/catalogue.js';
import { type EvaluationRecord, evaluationTable } from '../../runs/evaluations.js';
import type { CheckpointsView } from '../checkpointsView.js';
import { showInformation } from '../messages.js';
import { reporting } from './reporting.js';

export function registerCopyResults(view: CheckpointsView, output: vscode.LogOutputChannel): vscode.Disposable {
  return vscode.commands.registerCommand(
    'dino.copyResults',
    reporting(output, async (row: unknown) => copy(view.resultsUnder(row))),
  );
}

async function copy(records: readonly EvaluationRecord[]): Promise<void> {
  if (records.length === 0) throw new Error(vscode.l10n.t('There is no result to copy: evaluate a checkpoint first.'));
  await vscode.env.clipboard.writeText(evaluationTable(records, METRICS));
  void showInformation(vscode.l10n.t('Copied as CSV: {0} results.', records.length));
}
