/** Features in a table of text: read once to see what each column is, and once more for the numbers. */
import { basename } from 'node:path';
import { unmarked } from '../../tables/csv.js';
import { counted } from '../../text/counted.js';
import type { ReadFeatures } from '../featureFile.js';
import { type ColumnRoles, columnRoles } from './columnRoles.js';
import { ColumnSurvey } from './columnSurvey.js';
import { isHeaderLine, isSequence } from './headerLine.js';
import { decimalOf, isAnyNumber, isMissing, isNumber, numberIn } from './numbers.js';
import { type DetectedForm, detectForm, type Fit } from './tableForm.js';
import { type DecimalMark, listed, type TableOptions } from './tableOptions.js';
import { eachRow, isBlank, isComment, type TableRow } from './tableRows.js';

/** @throws Error with one sentence, which names the line and the column where there is one */
export async function readFeatureTable(file: string, options: TableOptions): Promise<ReadFeatures> {
  const name = basename(file);
  const fits: Fit = (cells, separator) =>
    cells.filter((cell) =>
      // Where nothing separates, a comma would rather be a separator than a decimal mark.
      separator === undefined ? isNumber(cell, options.decimal ?? '.') : isAnyNumber(cell),
    ).length / cells.length;
  const form = await detectForm(file, options, fits);
  const decimal = options.decimal ?? decimalIn(form.sample.map(({ cells }) => cells));
  const survey = await surveyRows(file, form, decimal);
  const head = headOf(name, survey, options);
  if (head.rows === 0) throw new Error(`${name} has names of columns, but no rows below them.`);
  const roles = columnRoles({ file: name, ...head }, options);
  const contents = await readNumbers(file, form, { ...head, roles, decimal, file: name });
  const notes = [`${name}: ${form.said}; ${head.said}; ${saidOf(roles, head.labels, decimal, survey.comments)}`];
  return { ...contents, notes };
}

/** The rows below the first tell, since that may have names; where they have whole numbers alone, all rows. */
const decimalIn = ([first = [], ...below]: readonly (readonly string[])[]): DecimalMark =>
  decimalOf(below.flat()) === ',' ? ',' : decimalOf([...first, ...below.flat()]);

interface Survey {
  /** The last comment above the first row. */
  readonly lead: TableRow | undefined;
  readonly firstRow: TableRow;
  /** Of the rows below the first. */
  readonly columns: readonly ColumnSurvey[];
  readonly rows: number;
  readonly comments: number;
}

/** @throws Error when the rows differ in the number of their cells */
async function surveyRows(file: string, form: DetectedForm, decimal: DecimalMark): Promise<Survey> {
  let [rows, comments] = [0, 0];
  let lead: TableRow | undefined;
  let firstRow: TableRow | undefined;
  let widthLine: TableRow | undefined;
  let blank: number | undefined;
  let columns: readonly ColumnSurvey[] = [];
  await eachRow(file, form, (row) => {
    if (isBlank(row) && row.cells.length <= 1) {
      blank ??= row.line;
      return true;
    }
    if (isCommentOf(row, form)) {
      comments++;
      if (firstRow === undefined) lead = row;
      return true;
    }
    // Between columns of their own, an empty line is a cell that is missing.
    if (blank !== undefined && form.separator === undefined && firstRow !== undefined)
      throw new Error(`${basename(file)} has nothing in line ${blank}: a number is expected.`);
    blank = undefined;
    if (firstRow === undefined) {
      firstRow = row;
      return true;
    }
    if (widthLine === undefined) {
      widthLine = row;
      columns = row.cells.map(() => new ColumnSurvey(decimal));
      requireHeadWidth(file, firstRow, row);
    } else if (row.cells.length !== widthLine.cells.length) throw ragged(file, row, widthLine);
    for (const [place, cell] of row.cells.entries()) columns[place]?.add(cell);
    rows++;
    return true;
  });
  if (firstRow === undefined) throw new Error(`${basename(file)} has no rows: a line for each image is expected.`);
  if (rows === 0) columns = firstRow.cells.map(() => new ColumnSurvey(decimal));
  return { lead, firstRow, columns, rows, comments };
}

const ragged = (file: string, row: TableRow, other: TableRow): Error =>
  new Error(
    `${basename(file)} has ${counted(row.cells.length, 'cell')} in line ${row.line}, but ${other.cells.length} in line ${other.line}: each line must have as many.`,
  );

/** A header may lack the index column's name, as R writes it, or have no separator behind its last name. */
function requireHeadWidth(file: string, head: TableRow, row: TableRow): void {
  const missing = row.cells.length - head.cells.length;
  if (
    missing !== 0 &&
    !(missing === 1 && (isSequence(head.cells) || !head.cells.every((cell) => isAnyNumber(cell) || isMissing(cell))))
  )
    throw ragged(file, row, head);
}

/** A line that begins with # is none when it is as wide as the others and has numbers behind a name. */
function isCommentOf(row: TableRow, { sample }: DetectedForm): boolean {
  if (!isComment(row)) return false;
  const width = sample.at(-1)?.cells.length;
  return /^.(?:\s|$)/.test(row.cells[0] ?? '') || row.cells.length !== width || !row.cells.slice(1).some(isAnyNumber);
}

interface Head {
  readonly labels: readonly string[];
  readonly header: readonly string[] | undefined;
  readonly columns: readonly ColumnSurvey[];
  readonly rows: number;
  /** Whether the first row that is no comment is the header. */
  readonly isFirstRow: boolean;
  /** Columns that the table really has: without the empty one behind a last separator. */
  readonly width: number;
  readonly said: string;
}

function headOf(file: string, survey: Survey, options: TableOptions): Head {
  const { firstRow, lead } = survey;
  let { columns } = survey;
  const ownWidth = columns.length;
  const last = columns.at(-1);
  const lastHead = firstRow.cells[ownWidth - 1] ?? '';
  const hasTrail = last?.empty === survey.rows && lastHead === '';
  const width = hasTrail ? ownWidth - 1 : ownWidth;
  columns = columns.slice(0, width);
  // R gives the column of the rows' names no name.
  const isShort = !hasTrail && firstRow.cells.length === width - 1;
  const first = isShort ? ['', ...firstRow.cells] : firstRow.cells.slice(0, width);
  const leadCells = lead === undefined ? [] : namesInComment(lead);
  const isInComment =
    options.header !== false &&
    leadCells.length === width &&
    !leadCells.some(isAnyNumber) &&
    !isHeaderLine(first, columns);
  const isFirstRow = !isInComment && (options.header ?? (isShort || isHeaderLine(first, columns)));
  if (isShort && !isFirstRow)
    throw new Error(
      `${file} has ${counted(firstRow.cells.length, 'cell')} in line ${firstRow.line}, but ${width} below it.`,
    );
  if (!isFirstRow) for (const [place, column] of columns.entries()) column.addBefore(first[place] ?? '');
  const header = isFirstRow ? first : isInComment ? leadCells : undefined;
  const labels = columns.map((_, place) => header?.[place] || String(place + 1));
  const said = isInComment
    ? `the names of the columns are taken from the comment in line ${lead?.line}`
    : isFirstRow
      ? `line ${firstRow.line} is the header`
      : 'no header';
  const rows = survey.rows + (isFirstRow ? 0 : 1);
  return { labels, header, columns, rows, isFirstRow, width, said };
}

/** Without the comment's sign. */
function namesInComment({ cells }: TableRow): readonly string[] {
  const [first = '', ...others] = cells;
  const name = first.replace(/^[#%]+\s*/, '');
  return name === '' ? others : [name, ...others];
}

interface Reading extends Head {
  readonly file: string;
  readonly roles: ColumnRoles;
  readonly decimal: DecimalMark;
}

async function readNumbers(file: string, form: DetectedForm, reading: Reading) {
  const { roles, decimal, labels, rows, isFirstRow } = reading;
  const dim = roles.features.length;
  const data = new Float64Array(rows * dim);
  const names: string[] = [];
  const classes: string[] = [];
  let isHeader = isFirstRow;
  await eachRow(file, form, (row) => {
    if ((isBlank(row) && row.cells.length <= 1) || isCommentOf(row, form)) return true;
    if (isHeader) {
      isHeader = false;
      return true;
    }
    const { cells, line } = row;
    const at = names.length;
    roles.features.forEach((place, d) => {
      const cell = cells[place] ?? '';
      const value = numberIn(cell, decimal);
      if (Number.isNaN(value)) throw noNumber(reading, cell, labels[place] ?? '', line);
      data[at * dim + d] = value;
    });
    const named = roles.name ?? roles.index;
    names.push(unmarked((named === undefined ? undefined : cells[named]) ?? String(at)));
    classes.push(unmarked(roles.class === undefined ? '' : (cells[roles.class] ?? '')));
    return true;
  });
  return { features: { rows, dim, data }, names, classes };
}

function noNumber({ file, decimal }: Reading, cell: string, column: string, line: number): Error {
  const wanted = isMissing(cell) || isAnyNumber(cell) ? 'a finite number' : 'a number';
  const mark = decimal === ',' ? ' with a decimal comma' : '';
  return new Error(`${file} has “${cell}” in column ${column} of line ${line}: ${wanted}${mark} is expected.`);
}

function saidOf(roles: ColumnRoles, labels: readonly string[], decimal: DecimalMark, comments: number): string {
  const one = (place: number) => `“${labels[place]}”`;
  return [
    decimal === ',' ? 'decimal commas' : undefined,
    comments > 0 ? `${counted(comments, 'comment line')} skipped` : undefined,
    roles.name === undefined ? undefined : `names from column ${one(roles.name)}`,
    roles.class === undefined ? undefined : `classes from column ${one(roles.class)}`,
    roles.index === undefined ? undefined : `column ${one(roles.index)} counts the rows and is no feature`,
    roles.unused.length > 0 ? `left out, since they are texts: ${listed(roles.unused.map(one))}` : undefined,
    `${counted(roles.features.length, 'number')} a row`,
  ]
    .filter((part) => part !== undefined)
    .join('; ');
}
