/** What a person may say about a file of numbers or labels, in the place of what would be detected. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { errorMessage } from '../errors/errorMessage.js';
import {
  DECIMAL_MARKS,
  type DecimalMark,
  SEPARATORS,
  type Separator,
  type TableOptions,
} from '../evaluation/tables/tableOptions.js';
import { requireLabel } from '../evaluation/tables/textFile.js';

export interface TableFlags {
  readonly header?: 'yes' | 'no';
  readonly separator?: Separator;
  readonly decimal?: DecimalMark;
  readonly encoding?: string;
  readonly nameColumn?: string;
  readonly classColumn?: string;
  readonly indexColumn?: string;
}

/** As a shell passes it. */
const TAB = '\\t';

const withTableForm = (command: Command): Command =>
  command
    .addOption(
      new Option('--header <yes|no>', 'whether the first line names the columns (default: detected)').choices([
        'yes',
        'no',
      ]),
    )
    .option('--separator <name>', 'comma, tab, semicolon, pipe or space (default: detected)', parseSeparator)
    .option('--encoding <name>', 'such as utf-8 or windows-1252 (default: detected)', parseEncoding);

export const withFeatureTable = (command: Command): Command =>
  withTableForm(command)
    .option('--decimal <mark>', 'point or comma (default: detected)', parseDecimal)
    .option('--name-column <column>', "the images' names, by header or number, or none (default: detected)")
    .option('--class-column <column>', "the images' classes, or none (default: detected)")
    .option('--index-column <column>', 'numbers that count the rows and are no features, or none (default: detected)');

/** What may be said of a table of labels. */
export type LabelFlags = Omit<TableFlags, 'decimal' | 'indexColumn'>;

export const withLabelTable = (command: Command): Command =>
  withTableForm(command)
    .option('--name-column <column>', "the images' names in the table, by header or number (default: detected)")
    .option('--class-column <column>', "the images' classes in the table (default: detected)");

export function tableOptionsOf(flags: TableFlags): TableOptions {
  const { header, separator, decimal, encoding, nameColumn, classColumn, indexColumn } = flags;
  const column = (name: string) => (name === 'none' ? null : name);
  return {
    ...(header !== undefined && { header: header === 'yes' }),
    ...(separator !== undefined && { separator }),
    ...(decimal !== undefined && { decimal }),
    ...(encoding !== undefined && { encoding }),
    ...(nameColumn !== undefined && { nameColumn: column(nameColumn) }),
    ...(classColumn !== undefined && { classColumn: column(classColumn) }),
    ...(indexColumn !== undefined && { indexColumn: column(indexColumn) }),
  };
}

function parseSeparator(text: string): Separator {
  if (text === TAB) return '\t';
  const found = byNameOrItself(SEPARATORS, text);
  if (found === undefined) throw new InvalidArgumentError(`It must be ${Object.keys(SEPARATORS).join(', ')}.`);
  return found;
}

function parseDecimal(text: string): DecimalMark {
  const found = byNameOrItself(DECIMAL_MARKS, text);
  if (found === undefined) throw new InvalidArgumentError('It must be point or comma.');
  return found;
}

const byNameOrItself = <Value extends string>(values: Readonly<Record<string, Value>>, text: string) =>
  Object.entries(values).find((entry) => entry.includes(text))?.[1];

function parseEncoding(text: string): string {
  try {
    return requireLabel(text);
  } catch (error) {
    throw new InvalidArgumentError(errorMessage(error));
  }
}
