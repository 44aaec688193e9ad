/** Masks of a video as PNGs in a folder that the person chooses, as DAVIS has results: a folder for each video, a PNG for each frame. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { fileProblem } from '../../files/fileProblem.js';
import type { Mask } from '../../protocol/videoPanel.js';
import type { Video } from '../../protocol/videoWork.js';

/** @returns the folder; undefined when the person chose none. @throws Error with one sentence */
export async function saveMasks(video: Video, masks: readonly Mask[]): Promise<string | undefined> {
  const [into] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Save masks: a folder {0} is made in the folder that you choose', video.name),
      canSelectFolders: true,
      canSelectFiles: false,
      openLabel: vscode.l10n.t('Save Here'),
    })) ?? [];
  if (into === undefined) return undefined;
  const folder = path.join(into.fsPath, video.name);
  const files = masks.flatMap(({ index, png }) => {
    const frame = video.frames[index];
    return frame === undefined ? [] : [{ file: path.join(folder, `${path.parse(frame).name}.png`), png }];
  });
  const own = new Set([...video.frames, ...video.annotations]);
  const source = files.find(({ file }) => own.has(file));
  if (source !== undefined)
    throw new Error(
      vscode.l10n.t('The masks cannot be saved to {0}: it has the frames or the given masks of the video.', folder),
    );
  const there = files.filter(({ file }) => existsSync(file)).length;
  if (there > 0 && !(await askToReplace(there, folder))) return undefined;
  try {
    await mkdir(folder, { recursive: true });
    for (const { file, png } of files) await writeFile(file, new Uint8Array(png));
  } catch (error) {
    throw new Error(vscode.l10n.t('The masks could not be saved to {0}: {1}.', folder, fileProblem(error)));
  }
  return folder;
}

async function askToReplace(count: number, folder: string): Promise<boolean> {
  const yes = vscode.l10n.t('Replace');
  const question = vscode.l10n.t('{0} has {1} of these files already. Replace them?', folder, count);
  return (await vscode.window.showWarningMessage(question, { modal: true }, yes)) === yes;
}
