/** DINO: Preview Crops. A picture's, or those of the batch that a run trains on. */
import * as vscode from 'vscode';
import type { CropPreviews } from '../cropPreviews.js';
import { pickPicture } from '../pictureFiles.js';
import type { RunList } from '../runList.js';
import { pickRun } from './pickRun.js';
import { reporting } from './reporting.js';

const TITLE = vscode.l10n.t('Preview Crops');

export function registerPreviewCrops(
  previews: CropPreviews,
  runs: RunList,
  output: vscode.LogOutputChannel,
): vscode.Disposable {
  return vscode.commands.registerCommand(
    'dino.previewCrops',
    reporting(output, async (given: unknown) => {
      if (given === undefined || given instanceof vscode.Uri) {
        const picture = await pickPicture(given, TITLE);
        if (picture !== undefined) previews.show({ kind: 'picture', path: picture.fsPath });
        return;
      }
      const run = await pickRun(runs, given, TITLE, () => true);
      if (run !== undefined) previews.show({ kind: 'run', dir: run.dir });
    }),
  );
}
