/** Tables as text, with commas or tabs between their cells (RFC 4180, but with plain line feeds). */
import Papa from 'papaparse';

export type Cell = string | number | undefined;

/** What a spreadsheet would run as a formula; a number with a sign is none. */
const FORMULA = /^(?:[=@\t\r]|[+-](?!(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$))/i;

/** Lines of a table. Text that a spreadsheet would run gets an apostrophe in front, by which spreadsheets know words. */
export function csvLines(rows: readonly (readonly Cell[])[], delimiter = ','): string {
  const cells = rows.map((row) => [...row]);
  return cells.length === 0 ? '' : `${Papa.unparse(cells, { delimiter, newline: '\n', escapeFormulae: FORMULA })}\n`;
}

/** Text as it was before {@link csvLines} marked it as words. */
export const unmarked = (text: string): string =>
  text.startsWith("'") && FORMULA.test(text.slice(1)) ? text.slice(1) : text;
