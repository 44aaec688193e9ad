/** DINO: Show Attention, and the choice of the checkpoint for it. */
import * as vscode from 'vscode';
import type { AttentionChoice } from '../attentionChoice.js';
import { type AttentionPanels, shownFile } from '../attentionPanels.js';
import type { CropPreviews } from '../cropPreviews.js';
import { pickImage } from '../imageFiles.js';
import { isImport } from '../imports.js';
import { reporting } from './reporting.js';

export interface AttentionParts {
  readonly panels: AttentionPanels;
  readonly cropPreviews: CropPreviews;
  readonly choice: AttentionChoice;
  readonly output: vscode.LogOutputChannel;
}

export function registerAttentionCommands({ panels, cropPreviews, choice, output }: AttentionParts): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand(
      'dino.showAttention',
      reporting(output, async (given: unknown) => {
        const imported = isImport(given);
        const image = await pickImage(imported ? undefined : given, vscode.l10n.t('Show Attention'));
        if (image !== undefined && imported) await choice.set(given.path);
        if (image !== undefined) panels.show(shownFile(image.fsPath));
      }),
    ),
    vscode.commands.registerCommand(
      'dino.showAttentionToSide',
      reporting(output, async (given: unknown) => {
        const image = await pickImage(given, vscode.l10n.t('Show Attention to the Side'));
        if (image !== undefined) panels.showToSide(shownFile(image.fsPath));
      }),
    ),
    vscode.commands.registerCommand(
      'dino.showCropAttention',
      reporting(output, (under: unknown) => {
        const crop = typeof under === 'object' && under !== null && 'crop' in under ? under.crop : undefined;
        cropPreviews.active?.showAttention(typeof crop === 'number' ? crop : undefined);
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
