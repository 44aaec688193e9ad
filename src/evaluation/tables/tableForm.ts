/** The form of a table, told by its first lines: encoding and separator. */
import { basename } from 'node:path';
import { type Separator, separatorName, type TableOptions } from './tableOptions.js';
import { isBlank, isComment, rowsIn, type TableForm, type TableRow } from './tableRows.js';
import { encodingOf, textOf } from './textFile.js';

/** Enough for rows of many thousand columns. */
const SAMPLED_CHARACTERS = 1 << 22;
const SAMPLED_ROWS = 200;
/** Wide tables tell their form by fewer rows. */
const SAMPLED_CELLS = 50_000;
/** Of separators that fit alike, the first: what stands within texts and numbers comes last. */
const SEPARATORS: readonly Separator[] = ['\t', ';', '|', ',', ' '];

/** How well a row fits when its cells are these, from 0 to 1. */
export type Fit = (cells: readonly string[], separator: Separator | undefined) => number;

export interface DetectedForm extends TableForm {
  /** First rows, without blank lines and comments. */
  readonly sample: readonly TableRow[];
  /** What was decided, for people. */
  readonly said: string;
}

/** @throws Error with one sentence when the file cannot be read, or has nothing in it */
export async function detectForm(file: string, options: TableOptions, fitOf: Fit): Promise<DetectedForm> {
  const { label, isCertain } = await encodingOf(file, options.encoding);
  const text = await start(file, label);
  const candidates = options.separator === undefined ? candidatesFor(options) : [options.separator];
  const judged = candidates.map((separator) => judge(text, separator, fitOf));
  const best = judged.reduce((one, other) => (other.score > one.score ? other : one));
  if (best.sample.length === 0) throw new Error(`${basename(file)} has no lines: a line for each image is expected.`);
  const columns = best.separator === undefined ? 'one column' : `columns between ${separatorName(best.separator)}`;
  const encoding = isCertain ? label : `read as ${label} (it is not in UTF-8)`;
  return { encoding: label, separator: best.separator, sample: best.sample, said: `${columns}, ${encoding}` };
}

/** With a decimal comma, a comma separates nothing. */
function candidatesFor({ decimal }: TableOptions): readonly (Separator | undefined)[] {
  return [...SEPARATORS.filter((separator) => separator !== ',' || decimal !== ','), undefined];
}

function judge(text: string, separator: Separator | undefined, fitOf: Fit) {
  const [wide] = rowsIn(text, separator, 1);
  const most = Math.max(20, Math.min(SAMPLED_ROWS, Math.ceil(SAMPLED_CELLS / Math.max(1, wide?.cells.length ?? 1))));
  const rows = rowsIn(text, separator, most).filter((row) => !isBlank(row));
  const bare = rows.filter((row) => !isComment(row));
  // A column whose values begin with # is no comment.
  const sample = bare.length > 0 ? bare : rows;
  const widths = new Map<number, number>();
  for (const { cells } of sample) widths.set(cells.length, (widths.get(cells.length) ?? 0) + 1);
  const [width = 0, alike = 0] = [...widths].sort((one, other) => other[1] - one[1])[0] ?? [];
  const fitting = sample.reduce((sum, { cells }) => sum + fitOf(cells, separator), 0) / Math.max(1, sample.length);
  const separates = separator === undefined || width > 1;
  // Rows of one width tell a separator even where nothing fits.
  const score = separates
    ? (alike / Math.max(1, sample.length)) * (fitting + (separator === undefined ? 0 : 1e-3))
    : -1;
  return { separator, sample, score };
}

/** Whole lines from the beginning. */
async function start(file: string, encoding: string): Promise<string> {
  let text = '';
  for await (const piece of textOf(file, encoding)) {
    text += piece;
    if (text.length >= SAMPLED_CHARACTERS) return text.slice(0, text.lastIndexOf('\n') + 1 || undefined);
  }
  return text;
}
