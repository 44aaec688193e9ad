/** Asks for a folder of images. */
import * as vscode from 'vscode';
import { withoutIcons } from '../plainText.js';
import { runsFolderOf } from '../runList.js';

/**
 * The workspace's folder, one of its folders' sub-folders, or any other.
 * @param command its title
 */
export async function pickFolder(command: string): Promise<vscode.Uri | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const inside = await Promise.all(folders.map((folder) => subfolders(folder)));
  const items: (vscode.QuickPickItem & { readonly uri?: vscode.Uri })[] = [
    ...folders.map(({ name, uri }) => ({
      label: `$(root-folder) ${withoutIcons(name)}`,
      description: withoutIcons(uri.fsPath),
      uri,
    })),
    ...inside.flat(),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    { label: vscode.l10n.t('$(folder-opened) Another folder…') },
  ];
  const title = vscode.l10n.t('{0}: images', command);
  const picked: { readonly uri?: vscode.Uri } | undefined =
    folders.length === 0
      ? {}
      : await vscode.window.showQuickPick(items, {
          title,
          placeHolder: vscode.l10n.t('Which folder of images?'),
        });
  if (picked === undefined || picked.uri) return picked?.uri;
  const chosen = await vscode.window.showOpenDialog({
    title,
    canSelectFolders: true,
    canSelectFiles: false,
    openLabel: vscode.l10n.t('Take this folder'),
  });
  return chosen?.[0];
}

async function subfolders(folder: vscode.WorkspaceFolder) {
  const runs = runsFolderOf(folder);
  const entries = await vscode.workspace.fs.readDirectory(folder.uri);
  return entries
    .filter(([name, type]) => (type & vscode.FileType.Directory) !== 0 && !/^(\.|node_modules$)/.test(name))
    .map(([name]) => ({
      label: `$(folder) ${withoutIcons(name)}`,
      description: withoutIcons(folder.name),
      uri: vscode.Uri.joinPath(folder.uri, name),
    }))
    .filter(({ uri }) => uri.fsPath !== runs)
    .sort((a, b) => a.label.localeCompare(b.label));
}
