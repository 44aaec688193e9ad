/** What a person is to know about the images of a plot, in sentences. */
import * as vscode from 'vscode';
import type { EmbedAnswer, TableAnswer, TableExamples } from '../../protocol/embeddingWork.js';

/** How many are left out, and why; and where there is nothing to see. */
export function imageNotes({ names, found, unreadable, isUniform, notes: opened }: EmbedAnswer): string[] {
  const notes = opened.map((note) => `${note}.`);
  if (names.length + unreadable.count < found)
    notes.push(
      vscode.l10n.t(
        '{0} of {1} images, evenly spread: choose a larger number for more.',
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
  if (names.length === 1) notes.push(vscode.l10n.t('There is one image, so there is nothing to compare it with.'));
  if (isUniform)
    notes.push(
      vscode.l10n.t(
        'All images have the same features: either the images are identical, or the network has collapsed.',
      ),
    );
  return notes;
}

/** How a table was read, how many images it tells of, and which names did not match. */
export function tableNote(file: string, table: TableAnswer, images: number): string {
  const { lines, matched, nameColumn, form, headerLine } = table;
  const [found, all] = [number(matched), number(images)];
  const whole =
    lines === 1
      ? vscode.l10n.t('{0}: 1 line, {1} of {2} images are in it by “{3}”.', file, found, all, nameColumn)
      : vscode.l10n.t(
          '{0}: {1} lines, {2} of {3} images are in it by “{4}”.',
          file,
          number(lines),
          found,
          all,
          nameColumn,
        );
  const missing = images - matched;
  const rest = [
    missing === 0
      ? undefined
      : missing === 1
        ? vscode.l10n.t('1 has no line and is gray.')
        : vscode.l10n.t('{0} have no line and are gray.', number(missing)),
    headerLine === undefined
      ? vscode.l10n.t('It has no header; {0}.', form)
      : vscode.l10n.t('Line {0} is its header; {1}.', number(headerLine), form),
    exampled(table.unknown, (count, some) => vscode.l10n.t('{0} of its names match no image here: {1}.', count, some)),
    exampled(table.ambiguous, (count, some) =>
      vscode.l10n.t('{0} names match several images, or share an image; those images stay gray: {1}.', count, some),
    ),
    exampled(table.elsewhere, (count, some) =>
      vscode.l10n.t('{0} matched by the file name alone, in other folders: {1}.', count, some),
    ),
    exampled(table.repeated, (count, some) =>
      vscode.l10n.t('{0} images have several lines; the first line is used: {1}.', count, some),
    ),
  ];
  return [whole, ...rest.filter((part) => part !== undefined)].join(' ');
}

/** Nothing where there are none. */
function exampled(
  { count, examples }: TableExamples,
  say: (count: string, examples: string) => string,
): string | undefined {
  if (count === 0) return undefined;
  return say(number(count), `${examples.join(', ')}${count > examples.length ? ' …' : ''}`);
}

const number = (value: number): string => value.toLocaleString('en');
