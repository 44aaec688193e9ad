/** Classes of a data set's images from a table, in the place of those from its folders. */
import { basename } from 'node:path';
import type { ImageDataset } from '../data/dataset.js';
import type { TableAnswer } from '../protocol/embeddingWork.js';
import { counted } from '../text/counted.js';
import { type ImageTableOptions, openImageTable, readImageColumn } from './imageTable.js';
import { columnPlace, listed, type TableOptions } from './tables/tableOptions.js';

export interface TableLabels {
  readonly dataset: ImageDataset & { readonly classes: readonly string[] };
  /** How the table was read, in sentences without their full stops. */
  readonly notes: readonly string[];
}

export interface LabelOptions extends TableOptions, Pick<ImageTableOptions, 'isStrict'> {
  /** Whether a column of numbers is meant, which is never taken for one of classes. */
  readonly areNumbers?: boolean;
}

/**
 * @param column by its header or its number; absent: the only one beside the names, or the one named like a class
 * @throws Error with one sentence when the table cannot be read, does not name the images, or leaves open which column is meant
 */
export async function labeledByTable(
  dataset: ImageDataset,
  file: string,
  { classColumn, areNumbers = false, ...options }: LabelOptions,
): Promise<TableLabels> {
  const names = Array.from({ length: dataset.size }, (_, index) => dataset.nameOf(index));
  const folder = dataset.source.kind === 'folder' ? { folder: dataset.source.root } : {};
  const table = await openImageTable(file, names, { ...options, ...folder });
  const column = chosenColumn(table, classColumn ?? undefined, areNumbers, basename(file));
  const values = await readImageColumn(file, names, { ...options, ...folder, nameColumn: table.nameColumn, column });
  const classes = [...new Set(values.filter((value) => value !== ''))].sort(natural.compare);
  const places = new Map(classes.map((name, place) => [name, place]));
  return {
    dataset: { ...dataset, classNote: undefined, classes, labelOf: (index) => places.get(values[index] ?? '') },
    notes: notesOf(table, basename(file), column, names.length, areNumbers ? undefined : classes.length),
  };
}

const CLASS = /class|label|target|category|species/i;
const natural = new Intl.Collator('en', { numeric: true });

function chosenColumn(
  { columns, nameColumn, namePlace, headerLine }: TableAnswer,
  asked: string | undefined,
  areNumbers: boolean,
  file: string,
): string {
  const what = areNumbers ? 'numbers' : 'classes';
  if (asked !== undefined) {
    // A number counts all columns, that of the names too.
    const all = columns.toSpliced(namePlace, 0, nameColumn);
    const place = columnPlace(asked, all, file);
    if (place === namePlace)
      throw new Error(`${file} names the images in column “${asked}”: choose another one for their ${what}.`);
    return all[place] as string;
  }
  // A column of classes may hold numbers, too: which column of numbers is meant, its name does not tell.
  const called = areNumbers ? [] : columns.filter((name) => CLASS.test(name));
  // Without a header, the class stands behind the name.
  const [only, ...others] = called.length > 0 ? called : headerLine === undefined ? columns.slice(0, 1) : columns;
  if (only === undefined) throw new Error(`${file} has names of images and nothing else: there are no ${what} in it.`);
  if (others.length > 0)
    throw new Error(`${file} has several columns: say by --class-column which has the ${what}: ${listed(columns)}.`);
  return only;
}

/** @param classes how many; undefined: the values are numbers */
function notesOf(
  table: TableAnswer,
  file: string,
  column: string,
  images: number,
  classes: number | undefined,
): string[] {
  const { form, headerLine, nameColumn, matched, unknown, ambiguous, missing, elsewhere, repeated } = table;
  const head = headerLine === undefined ? 'no header' : `line ${headerLine} is the header`;
  const some = ({ count, examples }: TableAnswer['missing'], one: string, many: string) =>
    count === 0
      ? []
      : [`${file}: ${counted(count, one, many)}: ${examples.join(', ')}${count > examples.length ? ' …' : ''}`];
  const one = classes === undefined ? 'number' : 'class';
  return [
    `${file}: ${form}; ${head}; ${classes === undefined ? 'numbers' : counted(classes, 'class', 'classes')} from “${column}”; ${matched} of ${counted(images, 'image')} matched by “${nameColumn}”`,
    ...some(missing, `image has no ${one}`, `images have no ${one}`),
    ...some(unknown, 'name is of no image here', 'names are of no image here'),
    ...some(
      ambiguous,
      `name fits several images, or several names one, and gives no ${one}`,
      `names fit several images, or several names one, and give no ${one}`,
    ),
    ...some(
      elsewhere,
      'image is matched by the file name alone, in another folder',
      'images are matched by the file name alone, in other folders',
    ),
    ...some(
      repeated,
      'image has several lines, of which the first counts',
      'images have several lines, of which the first counts',
    ),
  ];
}
