/** What a person is to know about the pictures of a plot, in sentences. */
import * as vscode from 'vscode';
import type { EmbedAnswer, TableAnswer } from '../../protocol/embeddingWork.js';

/** How many are left out, and why; and where there is nothing to see. */
export function pictureNotes({ names, found, unreadable, isUniform }: EmbedAnswer): string[] {
  const notes: string[] = [];
  if (names.length + unreadable.count < found)
    notes.push(
      vscode.l10n.t(
        '{0} of {1} pictures, evenly spread: choose a larger number for more.',
        number(names.length),
        number(found),
      ),
    );
  if (unreadable.count > 0)
    notes.push(
      vscode.l10n.t(
        '{0} left out: {1}{2}',
        number(unreadable.count),
        unreadable.examples.join(' '),
        unreadable.count > unreadable.examples.length ? ' …' : '',
      ),
    );
  if (names.length === 1) notes.push(vscode.l10n.t('There is one picture, so there is nothing to compare it with.'));
  if (isUniform)
    notes.push(
      vscode.l10n.t(
        'All pictures have the same features: either they are the same picture, or this network tells nothing apart (it has collapsed).',
      ),
    );
  return notes;
}

/** How many pictures a table tells of. */
export function tableNote(file: string, { lines, matched, nameColumn }: TableAnswer, pictures: number): string {
  const [found, all, missing] = [number(matched), number(pictures), pictures - matched];
  const whole =
    lines === 1
      ? vscode.l10n.t('{0}: 1 line, {1} of {2} pictures are in it by “{3}”.', file, found, all, nameColumn)
      : vscode.l10n.t(
          '{0}: {1} lines, {2} of {3} pictures are in it by “{4}”.',
          file,
          number(lines),
          found,
          all,
          nameColumn,
        );
  if (missing === 0) return whole;
  const rest =
    missing === 1
      ? vscode.l10n.t('1 has no line and is gray.')
      : vscode.l10n.t('{0} have no line and are gray.', number(missing));
  return `${whole} ${rest}`;
}

const number = (value: number): string => value.toLocaleString('en');
