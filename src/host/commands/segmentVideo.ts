/** DINO: Segment Video Frames… Of a folder of frames, or by a checkpoint. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { videosIn } from '../../protocol/videoWork.js';
import { isImport } from '../imports.js';
import type { Inspector } from '../inspector.js';
import type { RunList } from '../runList.js';
import type { VideoPanels } from '../video/videoPanels.js';
import { askForFolder } from './askForFolder.js';
import { chosenCheckpoint } from './chosenCheckpoint.js';
import { reporting } from './reporting.js';

export interface SegmentVideoParts {
  readonly videos: VideoPanels;
  readonly inspector: Inspector;
  readonly runs: RunList;
  readonly output: vscode.LogOutputChannel;
}

export function registerSegmentVideo({ videos, inspector, runs, output }: SegmentVideoParts): vscode.Disposable {
  return vscode.commands.registerCommand(
    'dino.segmentVideo',
    reporting(output, async (given: unknown) => {
      const title = vscode.l10n.t('Segment Video Frames');
      const checkpoint = await checkpointOf(given, runs, title);
      const folder = given instanceof vscode.Uri ? given : await askForFolder(title);
      if (folder === undefined) return;
      const frames = await framesIn(folder.fsPath, inspector, title);
      if (frames !== undefined) videos.show({ folder: frames, ...(checkpoint !== undefined && { checkpoint }) });
    }),
  );
}

/** Of a row of the checkpoints. */
async function checkpointOf(given: unknown, runs: RunList, title: string): Promise<string | undefined> {
  if (isImport(given)) return given.path;
  if (given === undefined || given instanceof vscode.Uri) return undefined;
  return (await chosenCheckpoint(given, runs, title))?.checkpoint;
}

/** The folder of the frames of the one video, or of the one that is picked; undefined: none was. */
async function framesIn(folder: string, inspector: Inspector, title: string): Promise<string | undefined> {
  const { videos } = await inspector.ask((child) => child.sendRequest(videosIn, { path: folder }));
  const items = videos.map(({ name, frames, annotations }) => ({
    label: name,
    description: vscode.l10n.t('{0} frames', frames.length),
    detail:
      annotations.length === frames.length
        ? vscode.l10n.t('with a mask of each frame: J and F are measured')
        : annotations.length > 0
          ? vscode.l10n.t('with a mask of the first frame')
          : vscode.l10n.t('without masks'),
    folder: path.dirname(frames[0] ?? folder),
  }));
  if (items.length === 1) return items[0]?.folder;
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: vscode.l10n.t('Which video?') });
  return picked?.folder;
}
