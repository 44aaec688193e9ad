/** Numbers as tables write them. */
import type { DecimalMark } from './tableOptions.js';

const WITH_POINT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const WITH_COMMA = /^[+-]?(?:\d+,?\d*|,\d+)(?:e[+-]?\d+)?$/i;
const MISSING = /^(?:|nan|[+-]?inf(?:inity)?|na|n\/a|null|none|-|\?)$/i;
const WHOLE = /^[+-]?\d+$/;

export const isNumber = (cell: string, decimal: DecimalMark): boolean =>
  (decimal === '.' ? WITH_POINT : WITH_COMMA).test(cell);

/** By either mark. */
export const isAnyNumber = (cell: string): boolean => WITH_POINT.test(cell) || WITH_COMMA.test(cell);

/** What stands where a number is not known, or is not finite. */
export const isMissing = (cell: string): boolean => MISSING.test(cell);

/** Written without a decimal mark and without an exponent. */
export const isWhole = (cell: string): boolean => WHOLE.test(cell);

/** @returns NaN for what is no number, or none that a double holds */
export function numberIn(cell: string, decimal: DecimalMark): number {
  if (!isNumber(cell, decimal)) return Number.NaN;
  const value = Number(cell.replace(',', '.'));
  const isLost = value === 0 && /[1-9]/.test(cell.replace(/e.*/i, ''));
  return Number.isFinite(value) && !isLost ? value : Number.NaN;
}

/** The mark of a table's numbers: a comma where some have one and none has a point. */
export function decimalOf(cells: Iterable<string>): DecimalMark {
  let commas = 0;
  for (const cell of cells) {
    if (WITH_COMMA.test(cell)) commas += cell.includes(',') ? 1 : 0;
    else if (WITH_POINT.test(cell)) return '.';
  }
  return commas > 0 ? ',' : '.';
}
