/** What the tests of the extension stand on: its parts, a workspace with real images, and somebody who answers dialogs. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { ExtensionParts } from '../../src/extension.js';
import type { RunSummary } from '../../src/host/runSummary.js';
import { patience } from '../patience.mjs';

export const extension = (): vscode.Extension<ExtensionParts> => {
  const found = vscode.extensions.getExtension<ExtensionParts>('dino-lab.dino-lab');
  assert(found, 'the extension is installed');
  return found;
};

export async function parts(): Promise<ExtensionParts> {
  return extension().activate();
}

export const workspaceFolder = (): string => {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert(folder, 'a folder is open');
  return folder.uri.fsPath;
};

export const repository = (): string => extension().extensionPath;

/** A folder of real, small images in the workspace. */
export function makeImages(name: string, count = 32): string {
  const folder = path.join(workspaceFolder(), name);
  const emoji = path.join(repository(), 'node_modules', 'emoji-datasource-twitter', 'img', 'twitter', '64');
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(emoji).slice(0, count)) cpSync(path.join(emoji, file), path.join(folder, file));
  return folder;
}

/** A network so small that a step takes milliseconds, and a run so long that it does not end by itself. */
export const TINY = {
  embed_dim: 48,
  depth: 2,
  num_heads: 3,
  patch_size: 8,
  image_size: 32,
  local_size: 16,
  local_crops_number: 2,
  out_dim: 96,
  head_hidden_dim: 64,
  head_bottleneck_dim: 32,
  batch_size: 8,
  epochs: 100_000,
  num_workers: 1,
};

/** Waits until `find` finds something. @throws Error that says for what, when it does not within the time */
export async function eventually<T>(
  what: string,
  find: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = patience.state,
): Promise<T> {
  for (const end = Date.now() + withinMs; ; await delay(50)) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`Within ${withinMs / 1000} s there was no ${what}.`);
  }
}

/** Starts a run of a tiny network, as a person does but without being asked, and waits until it trains. */
export async function startRun(
  name: string,
  settings: Readonly<Record<string, unknown>> = {},
  configFile?: string,
): Promise<string> {
  const { trainings } = await parts();
  const before = new Set(trainings.all.map(({ request }) => request.run));
  const data = vscode.Uri.file(makeImages('images'));
  const given = configFile === undefined ? { settings: { ...TINY, ...settings } } : { configFile, settings };
  await vscode.commands.executeCommand('dino.startTraining', data, { name, ...given });
  const training = trainings.all.find(({ request }) => !before.has(request.run));
  assert(training, 'the training was started');
  return training.request.run;
}

export async function summaryOf(run: string): Promise<RunSummary> {
  const listed = (await parts()).runs.get(run);
  assert(listed, `${run} is listed`);
  return listed.summary;
}

export const untilTrained = (run: string, step: number): Promise<RunSummary> =>
  eventually(`step ${step} of a running run`, async () => {
    const summary = await summaryOf(run);
    if (summary.state === 'failed') throw new Error(summary.problems.join('\n'));
    return summary.state === 'running' && summary.step >= step && summary;
  });

export const untilState = (run: string, state: RunSummary['state']): Promise<RunSummary> =>
  eventually(`run that is ${state}`, async () => {
    const summary = await summaryOf(run);
    return summary.state === state && summary;
  });

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

type Asks = 'showWarningMessage' | 'showErrorMessage' | 'showInformationMessage';

/** Answers a kind of message for a while. What was said is in `said`. */
export async function answering<T>(
  kind: Asks,
  answer: string | undefined,
  act: (said: string[]) => PromiseLike<T>,
): Promise<T> {
  const said: string[] = [];
  const original = vscode.window[kind];
  Object.assign(vscode.window, {
    [kind]: async (message: string) => {
      said.push(message);
      return answer;
    },
  });
  try {
    return await act(said);
  } finally {
    Object.assign(vscode.window, { [kind]: original });
  }
}

type Picks = 'showQuickPick' | 'showSaveDialog' | 'showOpenDialog' | 'showInputBox';

/** Answers a kind of question for a while, by what was asked. */
export async function picking<T>(
  kind: Picks,
  pick: (asked: unknown) => unknown,
  act: () => PromiseLike<T>,
): Promise<T> {
  const original = vscode.window[kind];
  Object.assign(vscode.window, { [kind]: async (asked: unknown) => pick(await asked) });
  try {
    return await act();
  } finally {
    Object.assign(vscode.window, { [kind]: original });
  }
}

/** Ends what a test left running, and removes all runs. */
export async function removeRuns(): Promise<void> {
  const { trainings, runs } = await parts();
  await Promise.all(trainings.active.map((training) => training.stop()));
  await Promise.all(trainings.all.map((training) => training.ended));
  for (const training of trainings.all) trainings.forget(training.request.run);
  for (const root of runs.roots) rmSync(root, { recursive: true, force: true });
  await runs.refresh();
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}
