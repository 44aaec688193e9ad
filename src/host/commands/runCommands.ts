/** What is done with a run: its row's menu, and the same in the palette. */
import { existsSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import * as vscode from 'vscode';
import { errorMessage } from '../../errors/errorMessage.js';
import { isAlive } from '../../runs/processIdentity.js';
import { deleteRun, isRunFolder, logFile } from '../../runs/run.js';
import type { Curves } from '../curves.js';
import type { ListedRun, RunList } from '../runList.js';
import { isLive, isResumable, type RunSummary } from '../runSummary.js';
import type { RunsView } from '../runsView.js';
import { saveRunsTable } from '../saveRunsTable.js';
import type { StatusBar } from '../statusBar.js';
import type { Trainings } from '../trainings.js';
import { copyValue } from './copyValue.js';
import { pickRun, pickRuns, pickTargets } from './pickRun.js';
import { reporting } from './reporting.js';
import { whenToStart } from './whenToStart.js';

export interface RunParts {
  readonly trainings: Trainings;
  readonly runs: RunList;
  readonly runsView: RunsView;
  readonly statusBar: StatusBar;
  readonly curves: Curves;
  readonly output: vscode.LogOutputChannel;
}

const any = () => true;

export function registerRunCommands(parts: RunParts): vscode.Disposable {
  const { runs, runsView, statusBar, trainings, curves, output } = parts;
  const forRun =
    (title: string, fits: (summary: RunSummary) => boolean, act: (run: ListedRun) => Promise<unknown> | unknown) =>
    async (given: unknown) => {
      const run = await pickRun(runs, given, title, fits);
      if (run !== undefined) await act(run);
    };
  return vscode.Disposable.from(
    vscode.commands.registerCommand(
      'dino.stopRun',
      reporting(
        output,
        forRun(vscode.l10n.t('Stop Run'), isLive, (run) => stop(run, parts)),
      ),
    ),
    vscode.commands.registerCommand(
      'dino.resumeRun',
      reporting(
        output,
        forRun(vscode.l10n.t('Resume Run'), isResumable, (run) => resume(run, trainings)),
      ),
    ),
    vscode.commands.registerCommand(
      'dino.startQueuedRun',
      reporting(
        output,
        forRun(
          vscode.l10n.t('Start Now'),
          ({ state }) => state === 'queued',
          ({ dir }) => trainings.get(dir)?.begin(),
        ),
      ),
    ),
    vscode.commands.registerCommand(
      'dino.stopAllRuns',
      reporting(output, async () => {
        const live = runs.runs.filter(({ summary }) => isLive(summary) && summary.state !== 'stopping');
        if (live.length === 0) throw new Error(vscode.l10n.t('No run is being trained, so there is nothing to stop.'));
        // Those that wait first, lest the end of another lets them begin.
        const waiting = live.filter(({ summary }) => summary.state === 'queued');
        for (const run of waiting) await stop(run, parts);
        await Promise.all(live.filter((run) => !waiting.includes(run)).map((run) => stop(run, parts)));
      }),
    ),
    vscode.commands.registerCommand(
      'dino.exportRuns',
      reporting(output, async (given: unknown, selected: unknown) => {
        const isGiven = given !== undefined || selected !== undefined;
        const some = isGiven
          ? await pickTargets(runs, runsView, [given, selected], vscode.l10n.t('Export Runs'), any)
          : runs.runs;
        await saveRunsTable(some);
      }),
    ),
    vscode.commands.registerCommand(
      'dino.copyRunValue',
      reporting(output, forRun(vscode.l10n.t('Copy Value of Run'), any, copyValue)),
    ),
    vscode.commands.registerCommand(
      'dino.revealRun',
      reporting(
        output,
        forRun(vscode.l10n.t('Reveal Run'), any, async ({ dir }) => {
          await runsView.reveal(dir);
          statusBar.acknowledge(dir);
        }),
      ),
    ),
    vscode.commands.registerCommand(
      'dino.revealRunFolder',
      reporting(
        output,
        forRun(vscode.l10n.t('Reveal Folder of Run'), any, ({ dir }) => revealFolder(vscode.Uri.file(dir))),
      ),
    ),
    vscode.commands.registerCommand(
      'dino.deleteRun',
      reporting(output, async (given: unknown, selected: unknown) => {
        const isIdle = (summary: RunSummary) => !isLive(summary);
        await remove(await pickTargets(runs, runsView, [given, selected], vscode.l10n.t('Delete Run'), isIdle), parts);
      }),
    ),
    vscode.commands.registerCommand(
      'dino.showLossCurve',
      reporting(
        output,
        forRun(vscode.l10n.t('Show Loss Curve'), any, ({ dir }) => curves.show([dir])),
      ),
    ),
    vscode.commands.registerCommand(
      'dino.previewLossCurve',
      reporting(
        output,
        forRun(vscode.l10n.t('Preview Loss Curve'), any, ({ dir }) => curves.preview(dir)),
      ),
    ),
    vscode.commands.registerCommand(
      'dino.compareRuns',
      reporting(output, async (given: unknown, selected: unknown) => {
        const picked = await pickRuns(runs, runsView, [given, selected], vscode.l10n.t('Compare Selected'));
        if (picked.length > 0) curves.show(picked.map(({ dir }) => dir));
      }),
    ),
    vscode.commands.registerCommand(
      'dino.showLog',
      reporting(
        output,
        forRun(vscode.l10n.t('Show Log'), any, ({ dir }) => showLog(dir, output)),
      ),
    ),
    vscode.commands.registerCommand(
      'dino.copyRunPath',
      reporting(
        output,
        forRun(vscode.l10n.t('Copy Path of Run'), any, ({ dir }) => vscode.env.clipboard.writeText(dir)),
      ),
    ),
    vscode.commands.registerCommand(
      'dino.refreshRuns',
      reporting(output, () => runs.refresh()),
    ),
  );
}

async function stop({ dir, summary }: ListedRun, { trainings }: RunParts): Promise<void> {
  const training = trainings.get(dir);
  if (training !== undefined && training.state !== 'ended') return training.stop();
  const owner = summary.run?.record.process;
  if (summary.state !== 'running' || owner === undefined)
    throw new Error(vscode.l10n.t('“{0}” is not running, so there is nothing to stop.', summary.name));
  if (!(await isAlive(owner)))
    throw new Error(
      vscode.l10n.t('“{0}” is trained by process {1} on {2}: stop it there.', summary.name, owner.pid, owner.host),
    );
  // Another window or the command line trains it; both save and end when they are asked to.
  process.kill(owner.pid, 'SIGTERM');
}

async function resume({ dir, summary }: ListedRun, trainings: Trainings): Promise<void> {
  const { name, run } = summary;
  if (run === undefined || !isResumable(summary))
    throw new Error(
      vscode.l10n.t(
        '“{0}” cannot be resumed: only a run that was stopped, failed or was interrupted can be resumed.',
        name,
      ),
    );
  const when = await whenToStart(trainings, vscode.l10n.t('Resume Run'));
  if (when !== undefined) trainings.start({ data: run.record.dataset.path, run: dir, name, resume: true }, when);
}

/** One question for all of them, and every folder that can be deleted is, whatever becomes of the others. */
async function remove(some: readonly ListedRun[], { trainings, runs, statusBar }: RunParts): Promise<void> {
  const [first] = some;
  if (first === undefined) return;
  const live = some.find(({ summary }) => isLive(summary));
  if (live) throw new Error(vscode.l10n.t('“{0}” is being trained: stop it before you delete it.', live.summary.name));
  const detail =
    some.length === 1
      ? vscode.l10n.t('Its folder, with all checkpoints, is deleted permanently:\n{0}', first.dir)
      : vscode.l10n.t(
          'Their folders, with all checkpoints, are deleted permanently:\n{0}',
          some.map(({ summary }) => summary.name).join('\n'),
        );
  const question =
    some.length === 1
      ? vscode.l10n.t('Delete the run “{0}”?', first.summary.name)
      : vscode.l10n.t('Delete {0} runs?', some.length);
  const confirm = vscode.l10n.t('Delete');
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, confirm)) !== confirm) return;
  const problems: string[] = [];
  for (const { dir, root } of some) {
    try {
      if (isRunFolder(dir)) await deleteRun(root, dir);
      // A training that ended before its record was written has left an empty folder at most, and only that is removed.
      else await rmdir(dir).catch(() => undefined);
      statusBar.acknowledge(dir);
      trainings.forget(dir);
    } catch (error) {
      problems.push(errorMessage(error));
    }
  }
  await runs.refresh();
  if (problems.length > 0) throw new Error(problems.join(' '));
}

/** In the explorer when it lies in the workspace, else in the system's. */
async function revealFolder(uri: vscode.Uri): Promise<void> {
  const command = vscode.workspace.getWorkspaceFolder(uri) ? 'revealInExplorer' : 'revealFileInOS';
  await vscode.commands.executeCommand(command, uri);
}

async function showLog(dir: string, output: vscode.LogOutputChannel): Promise<void> {
  if (existsSync(logFile(dir))) await vscode.window.showTextDocument(vscode.Uri.file(logFile(dir)));
  // It failed before it had a log of its own.
  else output.show();
}
