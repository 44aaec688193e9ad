/** A file that is looked at: drawn anew, deleted, or put back. */
import * as path from 'node:path';
import * as vscode from 'vscode';

/** A file is written in several goes. */
const SETTLE_MS = 200;

/** @param onChange is called once things have settled */
export function watchFile(file: string, onChange: () => void): vscode.Disposable {
  // Not by its name: that may hold what patterns take for wildcards.
  const folder = new vscode.RelativePattern(vscode.Uri.file(path.dirname(file)), '*');
  const watcher = vscode.workspace.createFileSystemWatcher(folder);
  let settling: NodeJS.Timeout | undefined;
  const changed = ({ fsPath }: vscode.Uri) => {
    if (fsPath !== file) return;
    clearTimeout(settling);
    settling = setTimeout(onChange, SETTLE_MS);
  };
  return vscode.Disposable.from(
    watcher,
    watcher.onDidChange(changed),
    watcher.onDidCreate(changed),
    watcher.onDidDelete(changed),
    { dispose: () => clearTimeout(settling) },
  );
}
