/** The config files of the workspace. */
import * as vscode from 'vscode';

const MOST = 50;

/** `dino.json` and `*.dino.json`, by their path. */
export async function findConfigFiles(): Promise<vscode.Uri[]> {
  const found = await vscode.workspace.findFiles('**/{dino.json,*.dino.json}', '**/{node_modules,runs}/**', MOST);
  return found.sort((a, b) => a.fsPath.localeCompare(b.fsPath));
}
