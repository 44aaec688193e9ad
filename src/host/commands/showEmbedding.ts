/** DINO: Show Embedding. A folder's images, or those that a run learns from; of an import, a folder's images as it sees them. */
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import type { AttentionChoice } from '../attentionChoice.js';
import type { EmbeddingPanels } from '../embedding/embeddingPanels.js';
import { isImport } from '../imports.js';
import type { RunList } from '../runList.js';
import { askForFolder } from './askForFolder.js';
import { pickRun } from './pickRun.js';
import { reporting } from './reporting.js';

const TITLE = vscode.l10n.t('Show Embedding');

export function registerShowEmbedding(
  panels: EmbeddingPanels,
  runs: RunList,
  choice: AttentionChoice,
  output: vscode.LogOutputChannel,
): vscode.Disposable {
  return vscode.commands.registerCommand(
    'dino.showEmbedding',
    reporting(output, async (given: unknown) => {
      const imported = isImport(given);
      if (given !== undefined && !(given instanceof vscode.Uri) && !imported) {
        const run = await pickRun(runs, given, TITLE, () => true);
        if (run !== undefined) panels.show({ kind: 'run', dir: run.dir });
        return;
      }
      const folder = given instanceof vscode.Uri ? given : await askForFolder(TITLE);
      if (folder === undefined) return;
      if (!existsSync(folder.fsPath)) throw new Error(vscode.l10n.t('There is no folder {0}.', folder.fsPath));
      // What is chosen is what a plot proposes.
      if (imported) await choice.set(given.path);
      panels.show({ kind: 'folder', path: folder.fsPath });
    }),
  );
}
