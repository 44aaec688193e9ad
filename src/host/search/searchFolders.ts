/** Where images are looked for that are like another: the folders that lie near it. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Shown } from '../../protocol/attentionPanel.js';
import type { SearchedFolder } from '../../protocol/shownImages.js';
import type { RunList } from '../runList.js';

/** The likeliest first: what a run learned from, if the image is of it; then the image's own folder, its workspace, other data sets. */
export function searchFolders({ image }: Shown, runs: RunList, chosen: readonly string[] = []): SearchedFolder[] {
  const ofRuns = runs.runs.flatMap(({ summary: { run } }) => run?.record.dataset.path ?? []);
  const found =
    image.kind === 'dataset'
      ? [image.path, ...ofRuns]
      : [
          ...ofRuns.filter((folder) => isBelow(image.path, folder)),
          path.dirname(image.path),
          ...(vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath),
          ...ofRuns,
        ];
  const all = [...new Set([...found, ...chosen])];
  return all.map((folder) => ({ path: folder, label: vscode.workspace.asRelativePath(folder) }));
}

/** The folder itself is not below itself. */
export function isBelow(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative);
}
