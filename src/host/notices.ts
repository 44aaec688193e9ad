/** One message when a training ends. While it runs, the tree and the status bar tell. */
import * as vscode from 'vscode';
import { Disposable } from './disposable.js';
import { showError, showInformation } from './messages.js';
import type { RunList } from './runList.js';
import type { Training } from './training.js';
import type { Trainings } from './trainings.js';

export class Notices extends Disposable {
  constructor(
    trainings: Trainings,
    private readonly runs: RunList,
  ) {
    super();
    this._register(trainings.onDidEnd((training) => void this.#tell(training)));
  }

  async #tell({ request, end, progress }: Training): Promise<void> {
    if (end === undefined) return;
    await this.runs.refresh();
    const name = `“${this.runs.get(request.run)?.summary.name ?? request.name ?? request.run}”`;
    if (end.kind === 'failed') {
      const answer = await showError(vscode.l10n.t('{0} failed: {1}', name, end.message), vscode.l10n.t('Show Log'));
      if (answer !== undefined) await vscode.commands.executeCommand('dino.showLog', request.run);
      return;
    }
    const message = endMessage(end.kind, name, end.step, progress?.loss);
    const answer = await showInformation(message, vscode.l10n.t('Show Loss Curve'));
    if (answer !== undefined) await vscode.commands.executeCommand('dino.showLossCurve', request.run);
  }
}

/** Whole sentences, which can be translated. */
function endMessage(kind: 'finished' | 'stopped', name: string, step: number, loss: number | undefined): string {
  if (step === 0)
    return kind === 'finished'
      ? vscode.l10n.t('{0} finished before its first step.', name)
      : vscode.l10n.t('{0} stopped before its first step.', name);
  if (loss === undefined)
    return kind === 'finished'
      ? vscode.l10n.t('{0} finished after step {1}.', name, step)
      : vscode.l10n.t('{0} stopped after step {1}.', name, step);
  return kind === 'finished'
    ? vscode.l10n.t('{0} finished after step {1}, loss {2}.', name, step, loss.toFixed(2))
    : vscode.l10n.t('{0} stopped after step {1}, loss {2}.', name, step, loss.toFixed(2));
}
