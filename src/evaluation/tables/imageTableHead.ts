/** Which column of a table names images, and what its columns are called. */
import { basename } from 'node:path';
import { isUsualHeader } from './columnRoles.js';
import { hasImageEnding, type ImageNames } from './imageNames.js';
import { type DetectedForm, detectForm } from './tableForm.js';
import { columnPlace, type TableOptions } from './tableOptions.js';
import { eachRow, isBlank, isComment, type TableRow } from './tableRows.js';

export interface ImageTableHead {
  readonly form: DetectedForm;
  /** Of each column, all different. */
  readonly columns: readonly string[];
  /** Place of the column that names images. */
  readonly name: number;
  /** The line that the names of the columns are from; absent: there is none. */
  readonly headerLine?: number;
  /** Whether a row has names of images, values and no header or comment. */
  readonly isData: (row: TableRow) => boolean;
}

/** @throws Error with one sentence when the file cannot be read, or no column names images */
export async function imageTableHead(file: string, images: ImageNames, options: TableOptions): Promise<ImageTableHead> {
  const names = (cell: string) => images.find(cell) !== undefined;
  const form = await detectForm(file, options, (cells) => (cells.some(names) ? 1 : 0));
  const isNoted = (row: TableRow) => isBlank(row) || (isComment(row) && !names(row.cells[0] ?? ''));
  let first: TableRow | undefined;
  let lead: TableRow | undefined;
  await eachRow(file, form, (row) => {
    if (isComment(row) && isNoted(row)) lead = row;
    else if (!isBlank(row)) first = row;
    return first === undefined;
  });
  if (first === undefined) throw noLines(file);
  const width = bodyWidth(form.sample);
  const place = await nameColumn(file, form, images, isNoted);
  const asked = options.nameColumn;
  const leadNames = lead?.cells.map((cell, at) => (at === 0 ? cell.replace(/^[#%]+\s*/, '') : cell));
  const fromLead = leadNames?.length === width && options.header !== false ? leadNames : undefined;
  const isNamed = fromLead !== undefined && (fromLead.some(isUsualHeader) || !first.cells.some(isUsualHeader));
  const isHeader = options.header ?? (!isNamed && isHeaderRow(first, place ?? 0, form, names));
  const header = isHeader ? first : fromLead === undefined ? undefined : lead;
  const texts = isHeader ? headerTexts(first, form.sample, width) : (fromLead ?? []);
  const columns = namedColumns(texts, hasTrail(texts, form.sample) ? width - 1 : texts.length || width);
  if (isHeader && form.sample.length === 1) throw noLines(file);
  const name = typeof asked === 'string' ? columnPlace(asked, columns, basename(file)) : place;
  if (name === undefined)
    throw new Error(
      `No column of ${basename(file)} names these images: one must have their file names or paths, such as ${images.names[0] ?? ''}.`,
    );
  const skipped = isHeader ? first.line : undefined;
  return {
    form,
    columns,
    name,
    ...(header && { headerLine: header.line }),
    isData: (row) => row.line !== skipped && !isNoted(row),
  };
}

const noLines = (file: string): Error =>
  new Error(`${basename(file)} has no lines about images: a line for each image is expected.`);

/** The most common number of cells below the first line. */
function bodyWidth(sample: readonly TableRow[]): number {
  const widths = new Map<number, number>();
  const rows = sample.length > 1 ? sample.slice(1) : sample;
  for (const { cells } of rows) widths.set(cells.length, (widths.get(cells.length) ?? 0) + 1);
  return [...widths].sort((one, other) => other[1] - one[1] || other[0] - one[0])[0]?.[0] ?? 0;
}

/** R gives the column of the rows' names no name. */
function headerTexts({ cells }: TableRow, sample: readonly TableRow[], width: number): readonly string[] {
  const isShort = cells.length === width - 1 && sample.slice(1).every((row) => row.cells.length === width);
  return isShort && !sample.slice(1).every((row) => row.cells.at(-1) === '') ? ['', ...cells] : cells;
}

/** A separator behind the last cell of each line makes no column. */
function hasTrail(texts: readonly string[], sample: readonly TableRow[]): boolean {
  const width = bodyWidth(sample);
  const rows = sample.length > 1 ? sample.slice(1) : sample;
  return (
    texts.length <= width &&
    (texts[width - 1] ?? '') === '' &&
    rows.every(({ cells }) => (cells[width - 1] ?? '') === '')
  );
}

/** The column that names the most images; of several, the one that names them most exactly. */
async function nameColumn(
  file: string,
  form: DetectedForm,
  images: ImageNames,
  isNoted: (row: TableRow) => boolean,
): Promise<number | undefined> {
  const hits: number[] = [];
  const scores: number[] = [];
  const count = (row: TableRow) =>
    row.cells.forEach((cell, at) => {
      const match = images.find(cell);
      if (match === undefined) return;
      hits[at] = (hits[at] ?? 0) + 1;
      scores[at] = (scores[at] ?? 0) + (match === 'several' ? 1 : match.score);
    });
  for (const row of form.sample) count(row);
  if (hits.length === 0)
    await eachRow(file, form, (row) => {
      if (!isNoted(row)) count(row);
      return true;
    });
  const best = [...hits.keys()].sort(
    (one, other) => (hits[other] ?? 0) - (hits[one] ?? 0) || (scores[other] ?? 0) - (scores[one] ?? 0),
  )[0];
  return best;
}

/** A line that names an image, or what looks like one, is no header. */
function isHeaderRow(
  { cells }: TableRow,
  place: number,
  { sample }: DetectedForm,
  names: (cell: string) => boolean,
): boolean {
  const own = cells[place] ?? '';
  if (names(own) || hasImageEnding(own)) return false;
  // Another number is the name of an image that is not in the data set.
  const pattern = (text: string) => text.replaceAll(/\d+/g, '0');
  const others = sample.slice(1).map((row) => row.cells[place] ?? '');
  return !(/\d/.test(own) && others.length > 0 && others.every((other) => pattern(other) === pattern(own)));
}

function namedColumns(texts: readonly string[], width: number): string[] {
  const columns: string[] = [];
  for (let at = 0; at < width; at++) {
    const text = texts[at] || `column ${at + 1}`;
    let name = text;
    for (let copy = 2; columns.includes(name); copy++) name = `${text} (${copy})`;
    columns.push(name);
  }
  return columns;
}
