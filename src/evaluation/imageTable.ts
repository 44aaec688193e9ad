/** What a table says about images. It is read as a stream, so that its size does not matter. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { TableAnswer, TableExamples } from '../protocol/embeddingWork.js';
import { counted } from '../text/counted.js';
import { ImageNames } from './tables/imageNames.js';
import { type ImageTableHead, imageTableHead } from './tables/imageTableHead.js';
import type { TableOptions } from './tables/tableOptions.js';
import { eachRow } from './tables/tableRows.js';

export interface ImageTableOptions extends TableOptions {
  /** The data set's, which paths in the table may go through. */
  readonly folder?: string;
  /** Whether several values for an image are refused; else the first counts. */
  readonly isStrict?: boolean;
}

/**
 * Finds the column whose values are paths or names of the images, and what it says of how many.
 * @param names paths below the data set's folder
 * @throws Error with one sentence when the file cannot be read, a line has too many cells, or no column names images
 */
export async function openImageTable(
  file: string,
  names: readonly string[],
  options: ImageTableOptions = {},
): Promise<TableAnswer> {
  const images = new ImageNames(names, options.folder);
  const head = await imageTableHead(file, images, options);
  const { form, columns, name, headerLine } = head;
  const said = (cells: readonly string[]) => rowDigest(cells.toSpliced(name, 1));
  const { values, contradicted: _, ...joined } = await join(file, images, head, said);
  const missing = new Named();
  values.forEach((value, image) => {
    if (value === undefined) missing.add(names[image] ?? '');
  });
  return {
    columns: columns.filter((_, place) => place !== name),
    nameColumn: columns[name] ?? '',
    namePlace: name,
    form: form.said,
    ...(headerLine !== undefined && { headerLine }),
    ...joined,
    matched: names.length - missing.count,
    missing,
  };
}

/**
 * A column's value for each image, the first where an image has several lines; '' where it has none.
 * @throws Error with one sentence when the file cannot be read, has no such column any more, or several values for an image where that is refused
 */
export async function readImageColumn(
  file: string,
  names: readonly string[],
  { nameColumn, column, ...options }: ImageTableOptions & { readonly nameColumn: string; readonly column: string },
): Promise<string[]> {
  const images = new ImageNames(names, options.folder);
  const head = await imageTableHead(file, images, options);
  const [name, place] = [head.columns.indexOf(nameColumn), head.columns.indexOf(column)];
  if (name < 0 || place < 0)
    throw new Error(`${basename(file)} has no columns ${nameColumn} and ${column} any more: choose the file again.`);
  const { values, contradicted } = await join(file, images, { ...head, name }, (cells) => cells[place] ?? '');
  const [example] = contradicted.examples;
  if (options.isStrict && example !== undefined)
    throw new Error(`${basename(file)} says different classes of ${example}: leave one line for each image.`);
  return values.map((value) => value ?? '');
}

/** Tells apart what rows say, without keeping it. */
const rowDigest = (cells: readonly string[]): string => createHash('sha1').update(cells.join('\0')).digest('base64');

const MOST_EXAMPLES = 5;

class Named implements TableExamples {
  count = 0;
  readonly examples: string[] = [];

  add(text: string): void {
    this.count++;
    if (this.examples.length < MOST_EXAMPLES) this.examples.push(text);
  }
}

interface Found {
  readonly text: string;
  readonly value: string;
  readonly score: number;
  readonly isElsewhere: boolean;
  isRepeated: boolean;
  /** Another name fits as well and says something else. */
  isAmbiguous: boolean;
}

/** Gives each image the line whose name fits it best. */
async function join(
  file: string,
  images: ImageNames,
  { form, columns, name, isData }: ImageTableHead,
  valueIn: (cells: readonly string[]) => string,
) {
  const found: (Found | undefined)[] = Array.from({ length: images.names.length });
  const [unknown, ambiguous, repeated, elsewhere] = [new Named(), new Named(), new Named(), new Named()];
  const contradicted = new Named();
  let lines = 0;
  await eachRow(file, form, (row) => {
    if (!isData(row)) return true;
    const cells = row.cells;
    // A separator behind the last cell is not one too many.
    if (cells.slice(columns.length).some((cell) => cell !== ''))
      throw new Error(
        `${basename(file)} has ${counted(cells.length, 'cell')} in line ${row.line}, but ${counted(columns.length, 'column')}: put quotation marks around a text that has the separator in it.`,
      );
    lines++;
    const text = cells[name] ?? '';
    const match = images.find(text);
    if (match === undefined) unknown.add(text);
    else if (match === 'several') ambiguous.add(text);
    else {
      const { image, score, isElsewhere } = match;
      const before = found[image];
      const value = valueIn(cells);
      if (before === undefined || score > before.score)
        found[image] = { text, value, score, isElsewhere, isRepeated: false, isAmbiguous: false };
      else if (score === before.score) {
        before.isRepeated = true;
        if (value !== before.value) contradicted.add(images.names[image] ?? '');
        before.isAmbiguous ||= text !== before.text && value !== before.value;
      }
    }
    return true;
  });
  const values = found.map((one, image) => {
    const path = images.names[image] ?? '';
    if (one === undefined) return undefined;
    if (one.isAmbiguous) ambiguous.add(path);
    else if (one.isRepeated) repeated.add(path);
    if (one.isElsewhere && !one.isAmbiguous) elsewhere.add(`${one.text} for ${path}`);
    return one.isAmbiguous ? undefined : one.value;
  });
  return { values, lines, unknown, ambiguous, repeated, elsewhere, contradicted };
}
