/** What points can be colored by: their folder, or a column of a table. */
import * as l10n from '@vscode/l10n';

/** A color as the page's state and the choice's values have it; a column has {@link ofColumn}'s. */
export const FOLDER = 'folder';
const COLUMN = 'column:';

export const ofColumn = (column: string): string => `${COLUMN}${column}`;

/** The column that a color is of; undefined: it is of the folder. */
export const columnOf = (color: string): string | undefined =>
  color.startsWith(COLUMN) ? color.slice(COLUMN.length) : undefined;

/** @param columns of the table that is open */
export const colorChoices = (columns: readonly string[]): { readonly value: string; readonly label: string }[] =>
  [FOLDER, ...columns.map(ofColumn)].map((value) => ({ value, label: colorName(value, false) }));

/** @param isPredicted whether by what the images' neighbors would say */
export function colorName(color: string, isPredicted: boolean): string {
  const name = columnOf(color) ?? l10n.t('Folder');
  return isPredicted ? l10n.t('k-NN prediction of {0}', name) : name;
}

/** @returns each value's place among `classes`, -1 for none */
export function asClasses(values: readonly string[]): {
  readonly labels: Int32Array<ArrayBuffer>;
  readonly classes: readonly string[];
} {
  const classes = [...new Set(values)].filter((value) => value !== '');
  const placeOf = new Map(classes.map((name, place) => [name, place]));
  return { labels: Int32Array.from(values, (value) => placeOf.get(value) ?? -1), classes };
}
