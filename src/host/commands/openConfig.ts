/** DINO: Open Config. A run's settings, or a config file of the workspace, which is made when there is none. */
import * as vscode from 'vscode';
import { runFile } from '../../runs/run.js';
import type { RunList } from '../runList.js';
import { pickRun } from './pickRun.js';
import { reporting } from './reporting.js';

/** Small enough to be understood; completion offers the rest. */
const NEW_CONFIG = `{
  // What the settings that are left out start from. It fits the length of the run to the number of images.
  "preset": "dinov2-few-images",
  // Another run with another seed tells what is chance.
  "seed": 0
}
`;

export function registerOpenConfig(runs: RunList, output: vscode.LogOutputChannel): vscode.Disposable {
  return vscode.commands.registerCommand(
    'dino.openConfig',
    reporting(output, async (given: unknown) => {
      if (given !== undefined) {
        const run = await pickRun(runs, given, vscode.l10n.t('Open Config'), () => true);
        if (run !== undefined) await showConfigOf(run.dir);
        return;
      }
      const [folder] = vscode.workspace.workspaceFolders ?? [];
      if (folder === undefined) throw new Error(vscode.l10n.t('Open a folder first: the config file is kept in it.'));
      const uri = vscode.Uri.joinPath(folder.uri, 'dino.json');
      const exists = await vscode.workspace.fs.stat(uri).then(
        () => true,
        () => false,
      );
      if (!exists) await vscode.workspace.fs.writeFile(uri, Buffer.from(NEW_CONFIG));
      await vscode.window.showTextDocument(uri);
    }),
  );
}

/** The run's record, at its settings. */
async function showConfigOf(dir: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument(runFile(dir));
  const place = document.positionAt(Math.max(0, document.getText().indexOf('"config"')));
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(place, place) });
}
