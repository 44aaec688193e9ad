/** The rows of a table, as a stream: of any size, each with the line that it begins in. */
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import Papa from 'papaparse';
import type { Separator } from './tableOptions.js';
import { textOf } from './textFile.js';

export interface TableForm {
  readonly encoding: string;
  /** Absent: each line is one cell. */
  readonly separator: Separator | undefined;
}

export interface TableRow {
  /** From 1. */
  readonly line: number;
  /** Trimmed. */
  readonly cells: readonly string[];
}

/** No text has it. */
const NO_SEPARATOR = '\u001f';

/** A line without anything in it. */
export const isBlank = ({ cells }: TableRow): boolean => cells.every((cell) => cell === '');

/** A line that says something about the table: NumPy's, R's and MATLAB's way. */
export const isComment = ({ cells }: TableRow): boolean => /^[#%]/.test(cells[0] ?? '');

/**
 * @param take answers whether it wants more
 * @throws Error with one sentence when the file cannot be read, or a quotation mark is not closed
 */
export async function eachRow(
  file: string,
  { encoding, separator }: TableForm,
  take: (row: TableRow) => boolean,
): Promise<void> {
  const stream = Readable.from(textOf(file, encoding));
  let line = 1;
  try {
    await new Promise<void>((resolve, reject) => {
      stream.on('error', reject);
      Papa.parse<string[]>(stream, {
        ...parsing(separator),
        step: ({ data, errors }, parser) => {
          const row = rowOf(data, line, separator);
          line += 1 + data.reduce((lines, cell) => lines + lineEnds(cell), 0);
          const [error] = errors.filter(({ type }) => type === 'Quotes');
          if (error !== undefined) {
            // Rejected first: who aborts is told that all is complete.
            reject(
              new Error(
                `${basename(file)} has a quotation mark in line ${row.line} that no other closes before the next separator.`,
              ),
            );
            parser.abort();
            return;
          }
          if (isSeparatorLine(row)) return;
          try {
            if (!take(row)) parser.abort();
          } catch (problem) {
            reject(problem);
            parser.abort();
          }
        },
        complete: () => resolve(),
        error: reject,
      });
    });
  } finally {
    stream.destroy();
  }
}

const lineEnds = (cell: string): number => (cell.includes('\n') ? cell.split('\n').length - 1 : 0);

/** Rows of a part of the text, for looking at its form. */
export function rowsIn(text: string, separator: Separator | undefined, most: number): TableRow[] {
  const { data } = Papa.parse<string[]>(text, { ...parsing(separator), preview: most });
  return data.map((cells, index) => rowOf(cells, index + 1, separator)).filter((row) => !isSeparatorLine(row));
}

/** Excel's word about the separator, such as `sep=;`: no row, whatever separates the cells. */
const isSeparatorLine = ({ line, cells: [first = '', ...others] }: TableRow): boolean =>
  line === 1 && /^sep=.?$/i.test(first) && others.every((cell) => cell === '');

const parsing = (separator: Separator | undefined) => ({
  delimiter: separator ?? NO_SEPARATOR,
  newline: '\n' as const,
});

function rowOf(cells: readonly string[], line: number, separator: Separator | undefined): TableRow {
  const trimmed = cells.map(trim);
  // Columns that are aligned have several spaces between them.
  return { line, cells: separator === ' ' ? trimmed.filter((cell) => cell !== '') : trimmed };
}

/** Without quotation marks that a space stood before. */
function trim(cell: string): string {
  const text = cell.trim();
  return text !== cell && /^"(?:[^"]|"")*"$/.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text;
}
