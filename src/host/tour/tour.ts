/**
 * The tour: what a run looks like while it learns, with Runs, its curves and the attention of an image side by side. Each says in a line
 * what it shows and what to try next.
 */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Shown } from '../../protocol/attentionPanel.js';
import type { AttentionChoice } from '../attentionChoice.js';
import { type AttentionPanels, shownFile } from '../attentionPanels.js';
import type { Curves } from '../curves.js';
import type { ListedRun, RunList } from '../runList.js';
import { isLive } from '../runSummary.js';
import type { RunsView } from '../runsView.js';
import { sampleImage } from '../sampleImage.js';
import type { Hints } from './hints.js';

export interface TourParts {
  readonly runs: RunList;
  readonly runsView: RunsView;
  readonly curves: Curves;
  readonly attentionPanels: AttentionPanels;
  readonly choice: AttentionChoice;
  readonly hints: Hints;
}

/** The run that there is most to see of: the newest that trains, else the newest. */
export const tourRun = ({ runs }: RunList): ListedRun | undefined =>
  runs.find(({ summary }) => isLive(summary)) ?? runs[0];

/** Arranges everything for a run. @param image to look into; absent: the folder's settings name one, or it is one of the run's */
export async function showTour(
  { dir, summary }: ListedRun,
  parts: TourParts,
  image = tourImage() ?? sampleImage(summary),
): Promise<void> {
  const { runsView, curves, attentionPanels, choice } = parts;
  await runsView.reveal(dir);
  curves.show([dir], vscode.ViewColumn.One);
  if (image === undefined) return;
  // The newest checkpoint of this run is looked into, and not what was chosen some time ago.
  await choice.clear();
  attentionPanels.showBeside(image);
}

/** The image that the folder's settings name. */
export function tourImage(): Shown | undefined {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const image = folder && vscode.workspace.getConfiguration('dino', folder.uri).get('tourImage', '').trim();
  return image ? shownFile(path.resolve(folder.uri.fsPath, image)) : undefined;
}
