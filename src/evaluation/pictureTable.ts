/** What a CSV or TSV file says about pictures. It is read as a stream, once to see what it has and once for each column, so that its size does not matter. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import Papa from 'papaparse';
import { fileProblem } from '../files/fileProblem.js';

export interface PictureTable {
  readonly columns: readonly string[];
  /** The column that names the pictures. */
  readonly nameColumn: string;
  readonly lines: number;
  /** Pictures that have a line. */
  readonly matched: number;
}

/** So many lines tell which column has the names. */
const SAMPLED_LINES = 1000;

/**
 * Finds the column whose values are paths or names of the pictures, with or without their ending.
 * @param names paths below the data set's folder
 * @throws Error with one sentence when the file cannot be read, or no column names pictures
 */
export async function openPictureTable(file: string, names: readonly string[]): Promise<PictureTable> {
  const indexOf = pictureIndex(names);
  let columns: readonly string[] = [];
  let hits: number[] = [];
  let lines = 0;
  await eachRow(file, (fields) => {
    if (columns.length === 0) {
      columns = fields.map((field, column) => field.trim() || `column ${column + 1}`);
      hits = columns.map(() => 0);
      return true;
    }
    lines++;
    columns.forEach((_, column) => {
      if (indexOf(fields[column] ?? '') !== undefined) hits[column] = (hits[column] ?? 0) + 1;
    });
    return lines < SAMPLED_LINES;
  });
  const best = hits.indexOf(Math.max(0, ...hits));
  const nameColumn = columns[best];
  if (lines === 0)
    throw new Error(`${basename(file)} has no lines: a line of column names, then a line a picture, are expected.`);
  if (nameColumn === undefined || hits[best] === 0)
    throw new Error(
      `No column of ${basename(file)} names these pictures: one must have their file names or paths, such as ${names[0] ?? ''}.`,
    );
  const seen = new Uint8Array(names.length);
  let matched = 0;
  let all = -1;
  await eachRow(file, (fields) => {
    if (all++ < 0) return true;
    const picture = indexOf(fields[best] ?? '');
    if (picture !== undefined && seen[picture] === 0) {
      seen[picture] = 1;
      matched++;
    }
    return true;
  });
  return { columns: columns.filter((name) => name !== nameColumn), nameColumn, lines: all, matched };
}

/**
 * A column's value for each picture, the first where a picture has several lines; '' where it has none.
 * @throws Error with one sentence when the file cannot be read, or has no such column any more
 */
export async function readPictureColumn(
  file: string,
  names: readonly string[],
  { nameColumn, column }: { readonly nameColumn: string; readonly column: string },
): Promise<string[]> {
  const indexOf = pictureIndex(names);
  const values: (string | undefined)[] = Array.from({ length: names.length });
  let places: readonly [number, number] | undefined;
  await eachRow(file, (fields) => {
    if (places === undefined) {
      const columns = fields.map((field, at) => field.trim() || `column ${at + 1}`);
      places = [columns.indexOf(nameColumn), columns.indexOf(column)];
      return true;
    }
    const picture = indexOf(fields[places[0]] ?? '');
    if (picture !== undefined) values[picture] ??= (fields[places[1]] ?? '').trim();
    return true;
  });
  if (places === undefined || places.includes(-1))
    throw new Error(`${basename(file)} has no columns ${nameColumn} and ${column} any more: choose the file again.`);
  return values.map((value) => value ?? '');
}

/** Of a picture by its path, by the end of a longer path, by its name alone, and by these without their ending; the longest that fits. */
function pictureIndex(names: readonly string[]): (text: string) => number | undefined {
  const places = new Map<string, number | undefined>();
  const add = (key: string, index: number) => places.set(key, places.has(key) ? undefined : index);
  const withoutEnding = (path: string) => path.replace(/\.\w+$/, '');
  names.forEach((name, index) => {
    const alone = basename(name);
    for (const key of new Set([name, withoutEnding(name), alone, withoutEnding(alone)])) add(key, index);
  });
  return (text) => {
    let path = text.trim().replaceAll('\\', '/').replace(/^\.\//, '');
    if (path === '') return undefined;
    for (;;) {
      const index = places.get(path);
      if (index !== undefined) return index;
      const slash = path.indexOf('/');
      if (slash < 0) return undefined;
      path = path.slice(slash + 1);
    }
  };
}

/** @param take answers whether it wants more */
function eachRow(file: string, take: (fields: readonly string[]) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(new Error(`${basename(file)} cannot be read: ${fileProblem(error)}.`));
    const stream = createReadStream(file, 'utf8').on('error', fail);
    let isFirst = true;
    Papa.parse<string[]>(stream, {
      skipEmptyLines: true,
      step: ({ data }, parser) => {
        // A byte order mark is no part of the first name.
        const fields = isFirst ? data.map((field, at) => (at === 0 ? field.replace(/^\uFEFF/, '') : field)) : data;
        isFirst = false;
        if (!take(fields)) parser.abort();
      },
      complete: () => {
        stream.destroy();
        resolve();
      },
      error: fail,
    });
  });
}
