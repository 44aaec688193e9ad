import * as vscode from 'vscode';
import type { Trainings } from '../trainings.js';

/**
 * Whether a training is to begin now or to wait for those that are under way; asked only when there are some.
 * @returns undefined when the person chose neither
 */
export async function whenToStart(trainings: Trainings, title: string): Promise<'now' | 'queued' | undefined> {
  const { active } = trainings;
  if (active.length === 0) return 'now';
  const names = active.map(({ request }) => `“${request.name ?? request.run}”`).join(', ');
  const items = [
    {
      label: '$(watch) Wait for Its Turn',
      detail: `It begins when ${names} ${active.length === 1 ? 'has' : 'have'} ended.`,
      when: 'queued' as const,
    },
    { label: '$(play) Start Now', detail: 'Both are slower: they share this machine.', when: 'now' as const },
  ];
  return (await vscode.window.showQuickPick(items, { title, placeHolder: 'A run is being trained. When to start?' }))
    ?.when;
}
