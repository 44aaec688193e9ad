/** DINO: Show Attention, and the choice of the checkpoint for it. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { AttentionChoice } from '../attentionChoice.js';
import type { AttentionPanels } from '../attentionPanels.js';
import { reporting } from './reporting.js';

const EXTENSIONS = ['png', 'jpg', 'jpeg', 'webp', 'gif', 'bmp', 'tif', 'tiff'];
const isPicture = (uri: vscode.Uri): boolean => EXTENSIONS.includes(path.extname(uri.fsPath).slice(1).toLowerCase());

export interface AttentionParts {
  readonly panels: AttentionPanels;
  readonly choice: AttentionChoice;
  readonly output: vscode.LogOutputChannel;
}

export function registerAttentionCommands({ panels, choice, output }: AttentionParts): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand(
      'dino.showAttention',
      reporting(output, async (given: unknown) => {
        const picture = given instanceof vscode.Uri ? given : (activePicture() ?? (await pickPicture()));
        if (picture === undefined) return;
        if (!isPicture(picture))
          throw new Error(`${path.basename(picture.fsPath)} is no picture: ${EXTENSIONS.join(', ')} files are.`);
        panels.show(picture.fsPath);
      }),
    ),
    vscode.commands.registerCommand(
      'dino.useForAttention',
      reporting(output, async (checkpoint: unknown) => {
        if (typeof checkpoint !== 'object' || checkpoint === null || !('path' in checkpoint)) return;
        if (typeof checkpoint.path === 'string') await choice.set(checkpoint.path);
      }),
    ),
  );
}

/** The picture in the tab that is open. VS Code's own preview is a custom editor. */
function activePicture(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  if (input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText)
    return isPicture(input.uri) ? input.uri : undefined;
  return undefined;
}

async function pickPicture(): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: 'Show Attention: picture',
    filters: { Pictures: EXTENSIONS },
    openLabel: 'Show attention',
  });
  return chosen?.[0];
}
