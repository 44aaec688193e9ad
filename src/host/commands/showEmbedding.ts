/** DINO: Show Embedding. A folder's images, or those that a run learns from. */
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import type { EmbeddingPanels } from '../embedding/embeddingPanels.js';
import type { RunList } from '../runList.js';
import { pickRun } from './pickRun.js';
import { reporting } from './reporting.js';

const TITLE = vscode.l10n.t('Show Embedding');

export function registerShowEmbedding(
  panels: EmbeddingPanels,
  runs: RunList,
  output: vscode.LogOutputChannel,
): vscode.Disposable {
  return vscode.commands.registerCommand(
    'dino.showEmbedding',
    reporting(output, async (given: unknown) => {
      if (given !== undefined && !(given instanceof vscode.Uri)) {
        const run = await pickRun(runs, given, TITLE, () => true);
        if (run !== undefined) panels.show({ kind: 'run', dir: run.dir });
        return;
      }
      const folder = given ?? (await askForFolder());
      if (folder === undefined) return;
      if (!existsSync(folder.fsPath)) throw new Error(vscode.l10n.t('There is no folder {0}.', folder.fsPath));
      panels.show({ kind: 'folder', path: folder.fsPath });
    }),
  );
}

async function askForFolder(): Promise<vscode.Uri | undefined> {
  const [folder] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('{0}: folder of images', TITLE),
      canSelectFolders: true,
      canSelectFiles: false,
      openLabel: TITLE,
    })) ?? [];
  return folder;
}
