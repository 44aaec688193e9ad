/** DINO: Tour, and what puts its lines away. */
import * as vscode from 'vscode';
import { showInformation } from '../messages.js';
import { showTour, type TourParts, tourRun } from '../tour/tour.js';
import { reporting } from './reporting.js';

export function registerTourCommands(parts: TourParts, output: vscode.LogOutputChannel): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand(
      'dino.tour',
      reporting(output, async () => {
        await parts.hints.beginAnew();
        const run = tourRun(parts.runs);
        if (run === undefined) await offerTraining();
        else await showTour(run, parts);
      }),
    ),
    vscode.commands.registerCommand('dino.dismissTip', () => parts.hints.putAway('runs')),
  );
}

/** Without a run there is nothing to see. */
async function offerTraining(): Promise<void> {
  await vscode.commands.executeCommand('dino.runs.focus');
  const start = vscode.l10n.t('Start Training');
  const answer = await showInformation(
    vscode.l10n.t('The tour shows a run while it learns, and there is none yet: start a training, then take the tour.'),
    start,
  );
  if (answer === start) await vscode.commands.executeCommand('dino.startTraining');
}
