import * as vscode from 'vscode';
import { withoutIcons } from '../plainText.js';
import type { Trainings } from '../trainings.js';

/**
 * Whether a training is to begin now or to wait for those that are under way; asked only when there are some.
 * @returns undefined when the person chose neither
 */
export async function whenToStart(trainings: Trainings, title: string): Promise<'now' | 'queued' | undefined> {
  const { active } = trainings;
  if (active.length === 0) return 'now';
  const names = active.map(({ request }) => `“${withoutIcons(request.name ?? request.run)}”`).join(', ');
  const items = [
    {
      label: vscode.l10n.t('$(watch) Wait for Its Turn'),
      detail:
        active.length === 1
          ? vscode.l10n.t('It begins when {0} has ended.', names)
          : vscode.l10n.t('It begins when {0} have ended.', names),
      when: 'queued' as const,
    },
    {
      label: vscode.l10n.t('$(play) Start Now'),
      detail: vscode.l10n.t('Both are slower: they share this machine.'),
      when: 'now' as const,
    },
  ];
  return (
    await vscode.window.showQuickPick(items, {
      title,
      placeHolder: vscode.l10n.t('A run is being trained. When to start?'),
    })
  )?.when;
}
