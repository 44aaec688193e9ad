/** A plot in files: asks where to, and writes. */
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { fileProblem } from '../../files/fileProblem.js';
import type { Export } from '../../protocol/embeddingPanel.js';
import type { Plot } from './plot.js';
import { pointTable } from './pointTable.js';

/** @returns where it was written; undefined: the person chose nothing. @throws Error with one sentence */
export async function exportPlot(plot: Plot, what: Export): Promise<string | undefined> {
  const parent = vscode.Uri.file(path.dirname(plot.data));
  if (what.form === 'projector') {
    const [folder] =
      (await vscode.window.showOpenDialog({
        title: vscode.l10n.t('Folder for vectors.tsv, metadata.tsv and sprite.png'),
        canSelectFolders: true,
        canSelectFiles: false,
        defaultUri: parent,
        openLabel: vscode.l10n.t('Write Here'),
      })) ?? [];
    if (folder !== undefined) await plot.writeProjector(folder.fsPath, what.checkpoint, what.columns);
    return folder?.fsPath;
  }
  const name = `${path.basename(plot.data)}-embedding.${what.form}`;
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(parent, name),
    filters: { [what.form.toUpperCase()]: [what.form] },
  });
  if (target === undefined) return undefined;
  const contents =
    what.form === 'png'
      ? new Uint8Array(what.png)
      : Buffer.from(pointTable(plot.embedding.names, new Float32Array(what.points), what.columns));
  try {
    await writeFile(target.fsPath, contents);
  } catch (error) {
    throw new Error(vscode.l10n.t('The plot could not be saved as {0}: {1}.', target.fsPath, fileProblem(error)));
  }
  return target.fsPath;
}
