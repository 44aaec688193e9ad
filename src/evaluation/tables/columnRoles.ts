/** What each column of a table of features is: a number of the features, the rows' names, their classes, or none of these. */
import type { ColumnSurvey } from './columnSurvey.js';
import { columnPlace, listed, type TableOptions } from './tableOptions.js';

export interface ColumnRoles {
  readonly features: readonly number[];
  readonly name: number | undefined;
  readonly class: number | undefined;
  readonly index: number | undefined;
  /** Texts that are neither names nor classes. */
  readonly unused: readonly number[];
}

const NAME =
  /^(?:image|img|file|picture)?[ _-]?(?:names?|paths?|files?)$|^(?:images?|img|image[ _-]?id|picture|filename)$/i;
const CLASS = /^(?:class(?:es|[ _-]?name|[ _-]?id)?|labels?|targets?|category|species)$/i;
const INDEX = /^(?:|unnamed: 0|id|idx|index|row|row[ _-]?(?:id|number|names?)|nr|no\.?|#)$/i;

/** Whether a column that names images, or tells their classes, is mostly called so. */
export const isUsualHeader = (text: string): boolean =>
  NAME.test(text) || CLASS.test(text) || text.toLowerCase() === 'id';

/** Fewer rows than these may ascend by chance. */
const FEWEST_OF_FRACTIONS = 3;
const FEWEST_OF_WHOLE = 5;

interface Table {
  readonly file: string;
  /** The columns' names, for options and messages: their headers, or their numbers. */
  readonly labels: readonly string[];
  /** Absent: there is no header. */
  readonly header: readonly string[] | undefined;
  readonly columns: readonly ColumnSurvey[];
  readonly rows: number;
}

/** @throws Error when a column that was asked for is not there, a column is empty, or no numbers are left */
export function columnRoles(table: Table, options: TableOptions): ColumnRoles {
  const { file, labels, header, columns } = table;
  const asked = (wanted: string | null | undefined) =>
    wanted === undefined || wanted === null ? undefined : columnPlace(wanted, labels, file);
  const places = columns.map((_, place) => place);
  const texts = places.filter((place) => columns[place]?.numbers === 0);
  const empty = texts.filter((place) => columns[place]?.texts === 0);
  if (empty[0] !== undefined)
    throw new Error(
      `${file} has no number in column ${labels[empty[0]]}: every cell of it is empty or no finite number.`,
    );
  const called = (pattern: RegExp) => header && places.find((place) => pattern.test(header[place] ?? ''));

  const taken = new Set([options.nameColumn, options.classColumn, options.indexColumn].map(asked));
  const free = (candidates: readonly (number | undefined)[]) =>
    candidates.find((place) => place !== undefined && !taken.has(place));
  const choose = (option: string | null | undefined, candidates: () => readonly (number | undefined)[]) => {
    const place = option === undefined ? free(candidates()) : asked(option);
    taken.add(place);
    return place;
  };
  const isUnique = (place: number) => columns[place]?.isUnique === true;
  const namedClass = called(CLASS);
  const name = choose(options.nameColumn, () => [
    called(NAME),
    ...texts.filter((place) => place !== namedClass && (header !== undefined || isUnique(place))),
  ]);
  const classes = choose(options.classColumn, () => [namedClass, ...texts]);
  const index = choose(options.indexColumn, () => [
    indexColumn(
      table,
      places.filter((place) => !texts.includes(place)),
    ),
  ]);
  const unused = texts.filter((place) => !taken.has(place));
  const features = places.filter((place) => !taken.has(place) && !texts.includes(place));
  if (features.length === 0)
    throw new Error(`${file} has no features: no column of it has numbers (its columns are ${listed(labels)}).`);
  return { features, name, class: classes, index, unused };
}

/** The first column of numbers when it counts the rows: by its header, or by its numbers where there is no header. */
function indexColumn({ header, columns, rows }: Table, numeric: readonly number[]): number | undefined {
  const [place] = numeric;
  const column = place === undefined ? undefined : columns[place];
  if (place === undefined || column === undefined || numeric.length < 2) return undefined;
  if (column.whole !== rows) return undefined;
  if (header !== undefined)
    return INDEX.test(header[place] ?? '') && (column.isAscending || header[place] !== '') ? place : undefined;
  if (place !== 0 || !column.isAscending) return undefined;
  const others = numeric.slice(1);
  const areFractions = others.every((other) => (columns[other]?.whole ?? 0) < rows);
  if (areFractions && rows >= FEWEST_OF_FRACTIONS) return place;
  const counts = column.largestStep === 1 && (column.first === 0 || column.first === 1);
  return counts && rows >= FEWEST_OF_WHOLE ? place : undefined;
}
