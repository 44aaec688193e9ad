/** Asks for a folder of images by the system's own dialog. */
import * as vscode from 'vscode';

/** @param command its title */
export async function askForFolder(command: string): Promise<vscode.Uri | undefined> {
  const [folder] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('{0}: folder of images', command),
      canSelectFolders: true,
      canSelectFiles: false,
      openLabel: command,
    })) ?? [];
  return folder;
}
