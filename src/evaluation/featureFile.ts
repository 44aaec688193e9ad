/** Features in a file: NumPy's .npy with the names beside it, or one table of names and numbers (.csv, .tsv). */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import Papa from 'papaparse';
import writeFileAtomic from 'write-file-atomic';
import { fileProblem } from '../files/fileProblem.js';
import type { FeatureMatrix } from './knn.js';

export interface NamedFeatures {
  readonly features: FeatureMatrix;
  readonly names: readonly string[];
  /** Of each row; '' where a picture has none. */
  readonly classes: readonly string[];
}

const EXTENSIONS = /\.(npy|csv|tsv)$/i;

/** @throws Error when the name tells no form that features are written in */
export function requireFeatureFileName(file: string): void {
  if (!EXTENSIONS.test(file))
    throw new Error(`${file} must end in .npy, .csv or .tsv, which says in which form features are written.`);
}

/** Where the names of an .npy file's rows are. */
export const namesFileOf = (npy: string): string => npy.replace(/\.npy$/i, '.names.tsv');

/** @returns the files that were written @throws Error with one sentence */
export async function writeFeatures(file: string, { features, names, classes }: NamedFeatures): Promise<string[]> {
  requireFeatureFileName(file);
  const labels = names.map((name, row) => ({ name, class: classes[row] ?? '' }));
  if (/\.npy$/i.test(file)) {
    await write(file, npyOf(features));
    await write(namesFileOf(file), table(['name', 'class'], labels, '\t'));
    return [file, namesFileOf(file)];
  }
  const { dim, data } = features;
  const columns = Array.from({ length: dim }, (_, d) => `f${d}`);
  const rows = labels.map((label, row) => {
    const values = Array.from(data.subarray(row * dim, (row + 1) * dim), (value, d) => [`f${d}`, String(value)]);
    return { ...label, ...Object.fromEntries(values) };
  });
  await write(file, table(['name', 'class', ...columns], rows, delimiterOf(file)));
  return [file];
}

/** A table with a line of names above. */
export function table(columns: readonly string[], rows: readonly object[], delimiter: string): string {
  return `${Papa.unparse({ fields: [...columns], data: [...rows] }, { delimiter, newline: '\n' })}\n`;
}

export const delimiterOf = (file: string): string => (/\.tsv$/i.test(file) ? '\t' : ',');

/** @throws Error with one sentence */
export async function readFeatures(file: string): Promise<NamedFeatures> {
  requireFeatureFileName(file);
  if (/\.npy$/i.test(file)) {
    const features = parseNpy(await read(file), file);
    const names = await readFile(namesFileOf(file), 'utf8').catch(() => undefined);
    if (names === undefined) return { features, ...numbered(features.rows) };
    const { data } = Papa.parse<Record<string, string>>(names, { header: true, delimiter: '\t', skipEmptyLines: true });
    if (data.length !== features.rows)
      throw new Error(`${namesFileOf(file)} has ${data.length} names, but ${file} has ${features.rows} rows.`);
    return {
      features,
      names: data.map((row, index) => row['name'] ?? String(index)),
      classes: data.map((row) => row['class'] ?? ''),
    };
  }
  return parseTable((await read(file)).toString('utf8'), file);
}

const numbered = (rows: number) => ({
  names: Array.from({ length: rows }, (_, row) => String(row)),
  classes: Array.from({ length: rows }, () => ''),
});

function parseTable(text: string, file: string): NamedFeatures {
  const { data, meta } = Papa.parse<Record<string, string>>(text, {
    header: true,
    delimiter: delimiterOf(file),
    skipEmptyLines: true,
  });
  const columns = (meta.fields ?? []).filter((name) => name !== 'name' && name !== 'class');
  if (data.length === 0 || columns.length === 0)
    throw new Error(`${file} has no features: a line of column names, then a line a picture, are expected.`);
  const values = new Float32Array(data.length * columns.length);
  data.forEach((row, index) => {
    columns.forEach((column, d) => {
      const value = Number(row[column]?.trim() || Number.NaN);
      if (!Number.isFinite(value))
        throw new Error(
          `${file} has “${row[column] ?? ''}” in column ${column} of line ${index + 2}: a number is expected.`,
        );
      values[index * columns.length + d] = value;
    });
  });
  return {
    features: { rows: data.length, dim: columns.length, data: values },
    names: data.map((row, index) => row['name'] ?? String(index)),
    classes: data.map((row) => row['class'] ?? ''),
  };
}

const MAGIC = '\x93NUMPY';
const HEADER_UNIT = 64;

/** Version 1.0 of the format: the magic, the length of the header, a Python literal, then the numbers. */
function npyOf({ rows, dim, data }: FeatureMatrix): Buffer {
  const literal = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${dim}), }`;
  const unpadded = MAGIC.length + 4 + literal.length + 1;
  const header = `${literal}${' '.repeat((HEADER_UNIT - (unpadded % HEADER_UNIT)) % HEADER_UNIT)}\n`;
  const lead = Buffer.alloc(MAGIC.length + 4);
  lead.write(MAGIC, 'latin1');
  lead.writeUInt8(1, MAGIC.length);
  lead.writeUInt16LE(header.length, MAGIC.length + 2);
  return Buffer.concat([
    lead,
    Buffer.from(header, 'latin1'),
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

function parseNpy(bytes: Buffer, file: string): FeatureMatrix {
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new Error(`${file} is not a NumPy file.`);
  const isLong = bytes.readUInt8(MAGIC.length) > 1;
  const start = MAGIC.length + (isLong ? 6 : 4);
  const length = isLong ? bytes.readUInt32LE(MAGIC.length + 2) : bytes.readUInt16LE(MAGIC.length + 2);
  const header = bytes.toString('latin1', start, start + length);
  const type = /'descr': '([^']*)'/.exec(header)?.[1];
  const shape = /'shape': \((\d+), (\d+),?\)/.exec(header);
  if ((type !== '<f4' && type !== '<f8') || shape === null || !header.includes("'fortran_order': False"))
    throw new Error(`${file} must hold a matrix of float32 or float64, row by row; its header says ${header.trim()}.`);
  const [rows, dim] = [Number(shape[1]), Number(shape[2])];
  const body = bytes.subarray(start + length);
  const size = type === '<f4' ? 4 : 8;
  if (rows === 0 || dim === 0 || body.length !== rows * dim * size)
    throw new Error(`${file} is damaged: ${rows} x ${dim} numbers are announced, ${body.length / size} are there.`);
  const exact = new Uint8Array(body).buffer;
  const data = type === '<f4' ? new Float32Array(exact) : Float32Array.from(new Float64Array(exact));
  if (!data.every(Number.isFinite)) throw new Error(`${file} has numbers that are not finite.`);
  return { rows, dim, data };
}

async function read(file: string): Promise<Buffer> {
  return readFile(file).catch((error: unknown) => {
    throw new Error(`The features ${file} cannot be read: ${fileProblem(error)}.`);
  });
}

export async function write(file: string, contents: string | Buffer): Promise<void> {
  await writeFileAtomic(file, contents).catch((error: unknown) => {
    throw new Error(`${basename(file)} cannot be written to ${file}: ${fileProblem(error)}.`);
  });
}
