/** DINO: Install TensorFlow Engine. A child process does it; here one sees how far it is, and can cancel it. */
import * as vscode from 'vscode';
import { type InstallAnswer, type InstallProgress, installProgress, installTensorFlow } from '../../protocol/worker.js';
import { Child, type ChildOptions } from '../child.js';
import { showInformation } from '../messages.js';
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
      void showInformation(message);
    }),
  );
}

const CANCELLED = vscode.l10n.t(
  'The installation of TensorFlow was cancelled. The download is kept: run the command again to continue.',
);

const isGiven = (given: unknown): given is { readonly gpu: boolean } =>
  typeof given === 'object' && given !== null && 'gpu' in given && typeof given.gpu === 'boolean';

/** Whether for GPUs; there is no such choice where TensorFlow has no GPU support. */
async function pickKind(): Promise<boolean | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false;
  const items = [
    {
      label: vscode.l10n.t('$(circuit-board) For the processor'),
      detail: vscode.l10n.t('Downloads 0.3 GB, takes 0.8 GB.'),
      gpu: false,
    },
    {
      label: vscode.l10n.t('$(zap) For NVIDIA GPUs'),
      detail: vscode.l10n.t("Downloads about 3 GB with NVIDIA's libraries."),
      gpu: true,
    },
  ];
  const title = vscode.l10n.t('Install TensorFlow Engine');
  return (
    await vscode.window.showQuickPick(items, { title, placeHolder: vscode.l10n.t('What should TensorFlow run on?') })
  )?.gpu;
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
      throw new Error(
        vscode.l10n.t('The installation of TensorFlow ended unexpectedly ({0}): run it again.', stderr.at(-1) ?? how),
      );
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
    return vscode.l10n.t(
      "TensorFlow {0} is installed for GPUs, but it has found none: see whether NVIDIA's driver is installed. It runs on the processor meanwhile.",
      tensorflow,
    );
  return usesGpu
    ? vscode.l10n.t('TensorFlow {0} is installed and runs on the GPU. New runs can use it.', tensorflow)
    : vscode.l10n.t('TensorFlow {0} is installed and runs on the processor. New runs can use it.', tensorflow);
}
