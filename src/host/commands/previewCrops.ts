/** DINO: Preview Crops. An image's, or those of the batch that a run trains on. */
import * as vscode from 'vscode';
import type { CropPreviews } from '../cropPreviews.js';
import { pickImage } from '../imageFiles.js';
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
        const image = await pickImage(given, TITLE);
        if (image !== undefined) previews.show({ kind: 'image', path: image.fsPath });
        return;
      }
      const run = await pickRun(runs, given, TITLE, () => true);
      if (run !== undefined) previews.show({ kind: 'run', dir: run.dir });
    }),
  );
}
