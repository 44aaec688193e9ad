/** DINO: Copy Value of Run. One of what is known of a run, into the clipboard. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { latestCheckpoint } from '../../runs/checkpoint.js';
import { SETTING_KEYS } from '../../settings/settings.js';
import { withoutIcons } from '../plainText.js';
import type { ListedRun } from '../runList.js';

export async function copyValue({ dir, summary }: ListedRun): Promise<void> {
  const { name, step, loss, run } = summary;
  const values: readonly (readonly [label: string, value: string | undefined])[] = [
    ['id', path.basename(dir)],
    [vscode.l10n.t('name'), name],
    [vscode.l10n.t('step'), `${step}`],
    [vscode.l10n.t('loss'), loss === undefined ? undefined : `${loss}`],
    [vscode.l10n.t('newest checkpoint'), checkpointOf(dir)],
    [vscode.l10n.t('images'), run?.record.dataset.path],
    ...SETTING_KEYS.map((key) => [key, run && JSON.stringify(run.record.config[key])] as const),
  ];
  const items = values.flatMap(([label, value]) =>
    value === undefined ? [] : [{ label, description: withoutIcons(value), value }],
  );
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Copy Value of {0}', name),
    placeHolder: vscode.l10n.t('Which value to copy?'),
    matchOnDescription: true,
  });
  if (picked !== undefined) await vscode.env.clipboard.writeText(picked.value);
}

function checkpointOf(dir: string): string | undefined {
  try {
    return latestCheckpoint(dir)?.path;
  } catch {
    return undefined; // The tree of checkpoints says what is wrong with the folder.
  }
}
