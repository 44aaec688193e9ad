/** Features that are read from a file: NumPy's .npy with the names beside it, or one table of names and numbers. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import Papa from 'papaparse';
import writeFileAtomic from 'write-file-atomic';
import { fileErrorCode, fileProblem } from '../files/fileProblem.js';
import { startOfFile } from '../files/startOfFile.js';
import { unmarked } from '../tables/csv.js';
import { counted } from '../text/counted.js';
import { NPY_MAGIC, type NumberMatrix, parseNpy } from './npy.js';
import { readNpz } from './npz.js';
import { readFeatureTable } from './tables/featureTable.js';
import type { TableOptions } from './tables/tableOptions.js';

/** Where the names of the rows are of a file that holds numbers alone. */
export const namesFileOf = (file: string): string => file.replace(/\.(np[yz]|safetensors)$/i, '.names.tsv');

export const delimiterOf = (file: string): string => (/\.tsv$/i.test(file) ? '\t' : ',');

export interface ReadFeatures {
  readonly features: NumberMatrix;
  readonly names: readonly string[];
  /** Of each row; '' where it has none. */
  readonly classes: readonly string[];
  /** What was decided to read them, in sentences without their full stops. */
  readonly notes: readonly string[];
}

export interface FeatureFileOptions extends TableOptions {
  /** Of an .npz that has several. */
  readonly array?: string;
}

/** Reads an .npy, an .npz or a table, told apart by their bytes. @throws Error with one sentence */
export async function readFeatures(file: string, options: FeatureFileOptions = {}): Promise<ReadFeatures> {
  const start = (await startOfFile(file, START_BYTES).catch(failWith(file))).toString('latin1');
  const isNpy = start.startsWith(NPY_MAGIC);
  // An Excel workbook is a zip archive too.
  const isNpz = ZIP_MAGICS.some((magic) => start.startsWith(magic)) && !EXCEL_NAME.test(file);
  if (!isNpy && !isNpz && NUMPY_NAME.test(file)) throw new Error(`${file} is not a NumPy file.`);
  if (!isNpy && !isNpz) return readFeatureTable(file, options);
  const { features, notes } = isNpy ? parseNpy(await read(file), file) : await readNpz(file, options.array);
  return { features, notes, ...(await namesBeside(file, features.rows)) };
}

/** Of a zip with entries, and of an empty one. */
const ZIP_MAGICS = ['PK\x03\x04', 'PK\x05\x06'];
const NUMPY_NAME = /\.np[yz]$/i;
const EXCEL_NAME = /\.(xls[xmb]|ods)$/i;
const START_BYTES = 8;

/** What is written beside an .npy; without it, rows are numbered from 0. */
async function namesBeside(file: string, rows: number): Promise<Pick<ReadFeatures, 'names' | 'classes'>> {
  const beside = namesFileOf(file);
  const text = await readFile(beside, 'utf8').catch((error: unknown) => {
    if (fileErrorCode(error) !== 'ENOENT') throw new Error(`${beside} cannot be read: ${fileProblem(error)}.`);
  });
  if (text === undefined || beside === file) {
    const numbers = Array.from({ length: rows }, (_, row) => String(row));
    return { names: numbers, classes: numbers.map(() => '') };
  }
  const { data } = Papa.parse<Record<string, string>>(text, { header: true, delimiter: '\t', skipEmptyLines: true });
  if (data.length !== rows)
    throw new Error(`${beside} has ${counted(data.length, 'name')}, but ${file} has ${counted(rows, 'row')}.`);
  return {
    names: data.map((row, index) => unmarked(row['name'] ?? String(index))),
    classes: data.map((row) => unmarked(row['class'] ?? '')),
  };
}

async function read(file: string): Promise<Buffer> {
  return readFile(file).catch(failWith(file));
}

const failWith = (file: string) => (error: unknown) => {
  throw new Error(`The features ${file} cannot be read: ${fileProblem(error)}.`);
};

export async function write(file: string, contents: string | Uint8Array): Promise<void> {
  await writeFileAtomic(file, typeof contents === 'string' ? contents : Buffer.from(contents)).catch(
    (error: unknown) => {
      throw new Error(`${basename(file)} cannot be written to ${file}: ${fileProblem(error)}.`);
    },
  );
}
