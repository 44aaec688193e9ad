/** Whether the first line of a table of numbers has names of columns. */
import type { ColumnSurvey } from './columnSurvey.js';
import { isAnyNumber, isMissing, isWhole } from './numbers.js';

/** So many whole numbers in a row are names even above whole numbers. */
const SURE_SEQUENCE = 5;

/**
 * A first line is a header when it has texts above numbers, or numbers that can only be names: 0, 1, 2, … as pandas writes, or whole
 * numbers in ascending order above numbers that are all written with a decimal mark.
 * @param columns of the lines below
 */
export function isHeaderLine(cells: readonly string[], columns: readonly ColumnSurvey[]): boolean {
  const numeric = columns.flatMap((column, place) => (column.numbers > 0 ? [place] : []));
  const isText = (cell: string) => !isAnyNumber(cell) && !isMissing(cell);
  // Nothing stands below, or no numbers do.
  if (numeric.length === 0) return !cells.some(isAnyNumber);
  const own = numeric.map((place) => cells[place] ?? '');
  // The name of an index column, and where there are more texts than one, of others.
  const rest = own.filter((cell, at) => !(isText(cell) || (at === 0 && cell === '')));
  if (own.filter(isText).length > rest.length) return true;
  return isSequence(rest) && (rest.length >= SURE_SEQUENCE || !areWhole(numeric.slice(-rest.length), columns))
    ? true
    : isAscending(rest) && areFractions(numeric.slice(-rest.length), columns);
}

/** 0, 1, 2, … or 1, 2, 3, … */
export const isSequence = (cells: readonly string[]): boolean =>
  (cells[0] === '0' || cells[0] === '1') && cells.every((cell, at) => cell === String(Number(cells[0]) + at));

const isAscending = (cells: readonly string[]): boolean =>
  cells.length > 1 && cells.every((cell, at) => isWhole(cell) && (at === 0 || Number(cell) > Number(cells[at - 1])));

const areWhole = (places: readonly number[], columns: readonly ColumnSurvey[]): boolean =>
  places.every((place) => columns[place]?.whole === columns[place]?.numbers);

const areFractions = (places: readonly number[], columns: readonly ColumnSurvey[]): boolean =>
  places.every((place) => columns[place]?.whole === 0);
