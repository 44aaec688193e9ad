/** Classes of a data set's images from a table, in the place of those from its folders. */
import { basename } from 'node:path';
import type { ImageDataset } from '../data/dataset.js';
import type { TableAnswer } from '../protocol/embeddingWork.js';
import { counted } from '../text/counted.js';
import { type ImageTableOptions, openImageTable, readImageColumn } from './imageTable.js';
import { columnPlace, listed, type TableOptions } from './tables/tableOptions.js';

export interface TableLabels {
  readonly dataset: ImageDataset;
  /** How the table was read, in sentences without their full stops. */
  readonly notes: readonly string[];
}

/**
 * @param column by its header or its number; absent: the only one beside the names, or the one named like a class
 * @throws Error with one sentence when the table cannot be read, does not name the images, or leaves open which column is meant
 */
export async function labeledByTable(
  dataset: ImageDataset,
  file: string,
  { classColumn, ...options }: TableOptions & Pick<ImageTableOptions, 'isStrict'>,
): Promise<TableLabels> {
  const names = Array.from({ length: dataset.size }, (_, index) => dataset.nameOf(index));
  const folder = dataset.source.kind === 'folder' ? { folder: dataset.source.root } : {};
  const table = await openImageTable(file, names, { ...options, ...folder });
  const column = chosenColumn(table, classColumn ?? undefined, basename(file));
  const values = await readImageColumn(file, names, { ...options, ...folder, nameColumn: table.nameColumn, column });
  const classes = [...new Set(values.filter((value) => value !== ''))].sort(natural.compare);
  const places = new Map(classes.map((name, place) => [name, place]));
  return {
    dataset: { ...dataset, classNote: undefined, classes, labelOf: (index) => places.get(values[index] ?? '') },
    notes: notesOf(table, basename(file), column, names.length, classes.length),
  };
}

const CLASS = /class|label|target|category|species/i;
const natural = new Intl.Collator('en', { numeric: true });

function chosenColumn({ columns, headerLine }: TableAnswer, asked: string | undefined, file: string): string {
  if (asked !== undefined) {
    // A number counts all columns, that of the names too, which is the first of most tables.
    return columns.includes(asked) ? asked : (columns[columnPlace(asked, ['', ...columns], file) - 1] ?? '');
  }
  const called = columns.filter((name) => CLASS.test(name));
  // Without a header, the class stands behind the name.
  const [only, ...others] = called.length > 0 ? called : headerLine === undefined ? columns.slice(0, 1) : columns;
  if (only === undefined) throw new Error(`${file} has names of images and nothing else: there are no classes in it.`);
  if (others.length > 0)
    throw new Error(`${file} has several columns: say by --class-column which has the classes: ${listed(columns)}.`);
  return only;
}

function notesOf(table: TableAnswer, file: string, column: string, images: number, classes: number): string[] {
  const { form, headerLine, nameColumn, matched, unknown, ambiguous, missing, elsewhere, repeated } = table;
  const head = headerLine === undefined ? 'no header' : `line ${headerLine} is the header`;
  const some = (text: string, { count, examples }: TableAnswer['missing']) =>
    count === 0 ? [] : [`${file}: ${count} ${text}: ${examples.join(', ')}${count > examples.length ? ' …' : ''}`];
  return [
    `${file}: ${form}; ${head}; ${counted(classes, 'class', 'classes')} from “${column}”; ${matched} of ${counted(images, 'image')} matched by “${nameColumn}”`,
    ...some('images have no class', missing),
    ...some('names are of no image here', unknown),
    ...some('names fit several images, or several names one, and give no class', ambiguous),
    ...some('images are matched by the file name alone, in other folders', elsewhere),
    ...some('images have several lines, of which the first counts', repeated),
  ];
}
