/** DINO: Start Training. A folder, then a preset or a config file; then it runs. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { SuggestQuestion } from '../../protocol/suggestWork.js';
import type { InitRequest, TrainRequest } from '../../protocol/worker.js';
import { makeRunFolder } from '../../runs/run.js';
import type { EditorSettings } from '../../settings/resolve.js';
import type { ChildOptions } from '../child.js';
import type { Inspector } from '../inspector.js';
import { type RunList, runsFolderOf } from '../runList.js';
import type { RunsView } from '../runsView.js';
import type { Trainings } from '../trainings.js';
import { tryTraining } from '../trial.js';
import { pickFolder } from './pickFolder.js';
import { pickStart } from './pickStart.js';
import { reporting } from './reporting.js';
import { whenToStart } from './whenToStart.js';

export interface StartParts {
  readonly trainings: Trainings;
  readonly inspector: Inspector;
  readonly runs: RunList;
  readonly runsView: RunsView;
  /** For a process that measures. */
  readonly childOptions: (name: string) => ChildOptions;
  readonly output: vscode.LogOutputChannel;
}

/** What a caller that is no person may give, to be asked nothing. */
export interface StartGiven {
  readonly preset?: string;
  readonly configFile?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly name?: string;
  readonly when?: 'now' | 'queued';
}

const TITLE = vscode.l10n.t('Start Training');

export function registerStartTraining(parts: StartParts): vscode.Disposable {
  return vscode.commands.registerCommand(
    'dino.startTraining',
    reporting(parts.output, async (folder: unknown, given: unknown) => {
      const data = folder instanceof vscode.Uri ? folder : await pickFolder(TITLE);
      if (data !== undefined) await startTraining(parts, data, given);
    }),
  );
}

/** The weights that a training starts from. */
export interface StartWeights {
  /** For people. */
  readonly name: string;
  readonly init: InitRequest;
}

/**
 * Asks how to train on these images, and starts it.
 * @param given by a caller that is no person: nobody is asked
 */
export async function startTraining(
  { trainings, inspector, runs, runsView, childOptions, output }: StartParts,
  data: vscode.Uri,
  given: unknown,
  weights?: StartWeights,
): Promise<void> {
  const editor = editorSettings(data);
  const base = {
    data: data.fsPath,
    ...(editor !== undefined && { editor }),
    ...(weights !== undefined && { init: weights.init }),
  };
  const tryOut = (question: SuggestQuestion, token: vscode.CancellationToken) =>
    tryTraining(childOptions('measuring'), question, token);
  const isAlone = trainings.active.length === 0;
  const choice = isGiven(given) ? given : await pickStart({ inspector, output, ...(isAlone && { tryOut }) }, base);
  if (choice === undefined) return;
  const when = isGiven(given) ? (given.when ?? 'now') : await whenToStart(trainings, TITLE);
  if (when === undefined) return;
  const images = path.basename(data.fsPath);
  const name = choice.name ?? (weights === undefined ? images : vscode.l10n.t('{0} from {1}', images, weights.name));
  const run = makeRunFolder(runsRoot(data), name);
  const request: TrainRequest = {
    ...base,
    run,
    name,
    resume: false,
    ...(choice.preset !== undefined && { preset: choice.preset }),
    ...(choice.configFile !== undefined && { configFile: choice.configFile }),
    settings: { ...choice.settings },
  };
  trainings.start(request, when);
  await runs.refresh();
  await runsView.reveal(run);
}

/** What VS Code's settings say of a run of these images, from the nearest scope that says anything. */
function editorSettings(data: vscode.Uri): EditorSettings | undefined {
  const found = vscode.workspace.getConfiguration('dino', data).inspect<string>('engine');
  const scopes = [
    ['folder', found?.workspaceFolderValue],
    ['workspace', found?.workspaceValue],
    ['user', found?.globalValue],
  ] as const;
  const nearest = scopes.find(([, engine]) => engine !== undefined);
  return nearest && { scope: nearest[0], settings: { engine: nearest[1] } };
}

const isGiven = (given: unknown): given is StartGiven =>
  typeof given === 'object' && given !== null && ('preset' in given || 'configFile' in given || 'settings' in given);

/** The runs folder of the workspace folder that holds the images, else of the first one. */
function runsRoot(data: vscode.Uri): string {
  const folder = vscode.workspace.getWorkspaceFolder(data) ?? vscode.workspace.workspaceFolders?.[0];
  if (folder === undefined) throw new Error(vscode.l10n.t('Open a folder first: runs are kept in it.'));
  return runsFolderOf(folder);
}
