/** DINO: Install TensorFlow Engine. A child process does it; here one sees how far it is, and can cancel it. */
import * as vscode from 'vscode';
import { type InstallAnswer, type InstallProgress, installProgress, installTensorFlow } from '../../protocol/worker.js';
import { Child, type ChildOptions } from '../child.js';
import { reporting } from './reporting.js';

export interface InstallParts {
  /** Of the child; asked for each time, since a setting is among them. */
  childOptions(name: string): ChildOptions;
  readonly output: vscode.LogOutputChannel;
}

export function registerInstallTensorFlow({ childOptions, output }: InstallParts): vscode.Disposable {
  return vscode.commands.registerCommand(
    'dino.installTensorFlow',
    reporting(output, async (given: unknown) => {
      const gpu = isGiven(given) ? given.gpu : await pickKind();
      if (gpu === undefined) return;
      const options = { location: vscode.ProgressLocation.Notification, title: 'TensorFlow', cancellable: true };
      const answer = await vscode.window.withProgress(options, (progress, token) =>
        install(gpu, childOptions('installation of TensorFlow'), (value) => progress.report(value), token),
      );
      const message = answer === undefined ? CANCELLED : describe(answer);
      output.info(message);
      void vscode.window.showInformationMessage(message);
    }),
  );
}

const CANCELLED =
  'The installation of TensorFlow was cancelled. What was downloaded is kept: run the command again to go on.';

const isGiven = (given: unknown): given is { readonly gpu: boolean } =>
  typeof given === 'object' && given !== null && 'gpu' in given && typeof given.gpu === 'boolean';

/** Whether for GPUs; there is no such choice where TensorFlow has no GPU support. */
async function pickKind(): Promise<boolean | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false;
  const items = [
    { label: '$(circuit-board) For the processor', detail: 'Downloads 0.3 GB, takes 0.8 GB.', gpu: false },
    { label: '$(zap) For NVIDIA GPUs', detail: "Downloads about 3 GB with NVIDIA's libraries.", gpu: true },
  ];
  const title = 'Install TensorFlow Engine';
  return (await vscode.window.showQuickPick(items, { title, placeHolder: 'What shall TensorFlow run on?' }))?.gpu;
}

/** Undefined when it was cancelled. */
async function install(
  gpu: boolean,
  options: ChildOptions,
  report: (value: { message: string }) => void,
  token: vscode.CancellationToken,
): Promise<InstallAnswer | undefined> {
  const child = await Child.start(options);
  try {
    child.connection.onNotification(installProgress, (progress) => report({ message: textOf(progress) }));
    const crash = child.exited.then(({ how, stderr }) => {
      throw new Error(`The installation of TensorFlow ended unexpectedly (${stderr.at(-1) ?? how}): run it again.`);
    });
    return await Promise.race([child.connection.sendRequest(installTensorFlow, { gpu }, token), crash]);
  } catch (error) {
    if (token.isCancellationRequested) return undefined;
    throw error;
  } finally {
    child.dispose();
  }
}

const textOf = ({ text, done, total }: InstallProgress): string =>
  done === undefined || total === undefined ? text : `${text}, ${Math.floor((100 * done) / total)} %`;

function describe({ tensorflow, gpu, usesGpu }: InstallAnswer): string {
  if (gpu && !usesGpu)
    return `TensorFlow ${tensorflow} is installed for GPUs, but it has found none: see whether NVIDIA's driver is installed. It runs on the processor meanwhile.`;
  return `TensorFlow ${tensorflow} is installed and runs on the ${usesGpu ? 'GPU' : 'processor'}. New runs can use it.`;
}
