/** How many images are left out, and why. */
import * as vscode from 'vscode';
import type { SimilarAnswer } from '../../protocol/imageSearchWork.js';

export function unreadableNotes({ count, examples }: SimilarAnswer['unreadable']): string[] {
  if (count === 0) return [];
  const more = count > examples.length ? ' …' : '';
  return [
    count === 1
      ? vscode.l10n.t('1 image is left out: {0}', examples.join(' '))
      : vscode.l10n.t('{0} images are left out: {1}{2}', count.toLocaleString('en'), examples.join(' '), more),
  ];
}
