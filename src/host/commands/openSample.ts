/** DINO: Open Sample. */
import * as vscode from 'vscode';
import type { Sample } from '../sample/sample.js';
import { showTour, type TourParts } from '../tour/tour.js';
import { reporting } from './reporting.js';

/** Lists the sample run and arranges the tour for it: there is something to see before anything was trained. */
export const registerOpenSample = (
  sample: Sample,
  parts: TourParts,
  output: vscode.LogOutputChannel,
): vscode.Disposable =>
  vscode.commands.registerCommand(
    'dino.openSample',
    reporting(output, async () => {
      await sample.open();
      await parts.runs.refresh();
      const run = parts.runs.get(sample.run);
      if (run === undefined) throw new Error(vscode.l10n.t('The sample run is not in {0}.', sample.run));
      await parts.hints.begin();
      await showTour(run, parts, sample.image);
    }),
  );
