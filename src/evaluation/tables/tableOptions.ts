/** How a person says what a table looks like, where it is not to be detected; absent: it is detected, and said. */
export type Separator = ',' | '\t' | ';' | '|' | ' ';
export type DecimalMark = '.' | ',';

export interface TableOptions {
  readonly header?: boolean;
  readonly separator?: Separator;
  readonly decimal?: DecimalMark;
  /** A label of the Encoding Standard, such as utf-8, windows-1252 or shift_jis. */
  readonly encoding?: string;
  /** Each by its header, or by its number from 1; null: there is none. */
  readonly nameColumn?: string | null;
  readonly classColumn?: string | null;
  readonly indexColumn?: string | null;
}

/** The words in which a person names a separator. */
export const SEPARATORS = { comma: ',', tab: '\t', semicolon: ';', pipe: '|', space: ' ' } as const satisfies Readonly<
  Record<string, Separator>
>;
export const DECIMAL_MARKS = { point: '.', comma: ',' } as const satisfies Readonly<Record<string, DecimalMark>>;

const SEPARATOR_NAMES: Readonly<Record<Separator, string>> = {
  ',': 'commas',
  '\t': 'tabs',
  ';': 'semicolons',
  '|': 'pipes',
  ' ': 'spaces',
};

export const separatorName = (separator: Separator): string => SEPARATOR_NAMES[separator];

/**
 * The place of a column that a person named by its header or by its number from 1.
 * @throws Error when there is no such column, or several
 */
export function columnPlace(wanted: string, columns: readonly string[], file: string): number {
  const places = columns.flatMap((name, place) => (name === wanted ? [place] : []));
  const [first] = places;
  if (places.length > 1) throw new Error(`${file} has ${places.length} columns named “${wanted}”: give its number.`);
  if (first !== undefined) return first;
  const number = Number(wanted);
  if (Number.isInteger(number) && number >= 1 && number <= columns.length) return number - 1;
  throw new Error(`${file} has no column “${wanted}”; it has ${listed(columns)}.`);
}

const MOST_LISTED = 8;

/** A few of the texts, and how many more there are. */
export function listed(texts: readonly string[], most = MOST_LISTED): string {
  const more = texts.length - most;
  return `${texts.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
