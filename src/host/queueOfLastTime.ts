/** Trainings that still waited for their turn when the window was closed: the person says whether they are to wait again. */
import { existsSync, mkdirSync } from 'node:fs';
import * as vscode from 'vscode';
import { showInformation } from './messages.js';
import type { RunList } from './runList.js';
import type { Trainings } from './trainings.js';

export async function offerQueueAgain(trainings: Trainings, runs: RunList): Promise<void> {
  const requests = (await trainings.takeQueueOfLastTime()).filter(({ data }) => existsSync(data));
  if (requests.length === 0 || !vscode.workspace.isTrusted) return;
  const names = requests.map(({ name, run }) => `“${name ?? run}”`).join(', ');
  const question =
    requests.length === 1
      ? vscode.l10n.t('{0} waited for training when the window was closed. Start it?', names)
      : vscode.l10n.t('{0} waited for training when the window was closed. Start one after the other?', names);
  const start = vscode.l10n.t('Start');
  if ((await showInformation(question, start, vscode.l10n.t('Forget'))) !== start) return;
  for (const request of requests) {
    // Its empty folder may have been tidied away.
    if (!request.resume) mkdirSync(request.run, { recursive: true });
    trainings.start(request, 'queued');
  }
  await runs.refresh();
}
