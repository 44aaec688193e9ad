/** Looks into a checkpoint that was clicked: in the attention panel that is open, else in a new one beside the curves. */
import * as vscode from 'vscode';
import { listCheckpoints } from '../runs/checkpoint.js';
import type { AttentionChoice } from './attentionChoice.js';
import type { AttentionPanels } from './attentionPanels.js';
import type { RunList } from './runList.js';
import { sampleImage } from './sampleImage.js';

export interface CheckpointLookParts {
  readonly runs: RunList;
  readonly attentionPanels: AttentionPanels;
  readonly choice: AttentionChoice;
}

/** @throws Error with one sentence, when the checkpoint is not there any more, or there is no image to look at */
export async function lookInto(dir: string, step: number, parts: CheckpointLookParts): Promise<void> {
  const checkpoint = listCheckpoints(dir).find((one) => one.step === step);
  if (checkpoint === undefined) throw new Error(vscode.l10n.t('The checkpoint of step {0} no longer exists.', step));
  await parts.choice.set(checkpoint.path);
  if (parts.attentionPanels.revealNewest()) return;
  const summary = parts.runs.get(dir)?.summary;
  const image = summary && sampleImage(summary);
  if (image === undefined)
    throw new Error(vscode.l10n.t('This run names no image to look at: right-click one and choose Show Attention.'));
  parts.attentionPanels.showBeside(image);
}
