/** One message when a training ends. While it runs, the tree and the status bar tell. */
import * as vscode from 'vscode';
import { Disposable } from './disposable.js';
import type { RunList } from './runList.js';
import type { Training } from './training.js';
import type { Trainings } from './trainings.js';
import { lossText } from './wording.js';

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
      const answer = await vscode.window.showErrorMessage(
        vscode.l10n.t('{0} failed: {1}', name, end.message),
        vscode.l10n.t('Show Log'),
      );
      if (answer !== undefined) await vscode.commands.executeCommand('dino.showLog', request.run);
      return;
    }
    const loss = progress?.loss === undefined ? '' : `, ${lossText(progress.loss)}`;
    const when = end.step === 0 ? vscode.l10n.t('before its first step') : vscode.l10n.t('after step {0}', end.step);
    const message = `${name} ${end.kind === 'finished' ? 'finished' : 'stopped'} ${when}${loss}.`;
    const answer = await vscode.window.showInformationMessage(message, vscode.l10n.t('Show Loss Curve'));
    if (answer !== undefined) await vscode.commands.executeCommand('dino.showLossCurve', request.run);
  }
}
