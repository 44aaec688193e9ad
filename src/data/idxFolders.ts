/** IDX data sets as they lie on disk: packed or not, each file in a folder of its own or not, below the folders that libraries make. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { createGunzip } from 'node:zlib';
import { fileProblem } from '../files/fileProblem.js';
import { startOfFile } from '../files/startOfFile.js';
import { IDX_IMAGES_MAGIC } from './idx.js';

export interface IdxChoice {
  readonly file: string;
  /** What was decided, in sentences without their full stops. */
  readonly notes: readonly string[];
}

/** torchvision's are three below the folder that it is given. */
const MOST_LEVELS = 4;
const SURE_NAME = /(?:^|-)images-idx3-ubyte$/;
const LIKELY_NAME = /idx|ubyte|(?:^|-)images?$/;
const SPLIT = /(?:^|-)(train(?:ing)?|t10k|test\d*k?|val(?:idation)?)(?=-|$)/;
const SPLITS_IN_ORDER = [/^train/, /^t10k|^test/];

/** Without what packing and unpacking change: the letters' case, the ending .gz, dots for hyphens. */
const plainName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/\.gz$/, '')
    .replace(/[._ -]+/g, '-');

/** Whether a file holds gray images, by its first bytes, or says so by its name. */
export async function isIdxImages(file: string): Promise<boolean> {
  const name = plainName(basename(file));
  return SURE_NAME.test(name) || (await startsAsImages(file));
}

interface Candidate {
  readonly file: string;
  /** The same for all parts of one data set. */
  readonly set: string;
  readonly split: string;
}

/**
 * The images file of the data set that lies in a folder or below it, its training part where there are several parts; undefined when
 * there is none.
 * @throws Error when the folder cannot be read, or holds several data sets
 */
export async function findIdxImages(folder: string): Promise<IdxChoice | undefined> {
  const found: Candidate[] = [];
  await walk(folder, folder, found, 1);
  const sets = new Map<string, Candidate[]>();
  for (const one of found) sets.set(one.set, [...(sets.get(one.set) ?? []), one]);
  const [first, ...others] = sets.values();
  if (first === undefined) return undefined;
  const name = ({ file }: Candidate) => relative(folder, file);
  if (others.length > 0) {
    const files = [first, ...others].map((set) => byPart(set)[0] as Candidate).map(name);
    throw new Error(`The folder ${folder} holds ${files.length} IDX data sets: give one of ${files.join(', ')}.`);
  }
  const [chosen, ...rest] = byPart(first);
  if (chosen === undefined) return undefined;
  const parts = rest.filter(({ split }) => split !== chosen.split);
  const copies = rest.filter(({ split }) => split === chosen.split);
  const notes = [
    `${name(chosen)} is read`,
    ...(parts.length > 0 ? [`left out, as other parts: ${parts.map(name).join(', ')}`] : []),
    ...(copies.length > 0 ? [`left out, as copies by their names: ${copies.map(name).join(', ')}`] : []),
  ];
  return { file: chosen.file, notes: [notes.join('; ')] };
}

/** Training first, then test; of the same part, what lies highest, and unpacked before packed. */
function byPart(set: readonly Candidate[]): Candidate[] {
  const rank = ({ split }: Candidate) => {
    const place = SPLITS_IN_ORDER.findIndex((pattern) => pattern.test(split));
    return place < 0 ? SPLITS_IN_ORDER.length : place;
  };
  const depth = ({ file }: Candidate) => file.split(/[\\/]/).length;
  const packed = ({ file }: Candidate) => (/\.gz$/i.test(file) ? 1 : 0);
  return [...set].sort(
    (one, other) =>
      rank(one) - rank(other) ||
      packed(one) - packed(other) ||
      depth(one) - depth(other) ||
      (one.file < other.file ? -1 : 1),
  );
}

async function walk(root: string, folder: string, found: Candidate[], level: number): Promise<void> {
  for (const entry of await entriesOf(folder, level === 1)) {
    const path = join(folder, entry.name);
    const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await isDirectory(path)));
    if (isFolder) {
      if (level < MOST_LEVELS) await walk(root, path, found, level + 1);
    } else if (LIKELY_NAME.test(plainName(entry.name)) && (await isIdxImages(path)))
      found.push(candidateOf(relative(root, path), path));
  }
}

/** A folder below that cannot be read is the image scan's to name. */
async function entriesOf(folder: string, isRoot: boolean): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isRoot) throw new Error(`The folder ${folder} cannot be read: ${fileProblem(error)}.`);
    return [];
  });
  return entries.filter(({ name }) => !name.startsWith('.'));
}

function candidateOf(path: string, file: string): Candidate {
  const parts = path.split(/[\\/]/).map(plainName);
  // A folder that is named like the file that it holds is an unpacking program's.
  const own = parts.at(-2) === parts.at(-1) ? parts.slice(0, -1) : parts;
  const split = own.map((part) => SPLIT.exec(part)?.[1]).findLast((one) => one !== undefined) ?? '';
  const set = own.map((part) => part.replace(SPLIT, '').replace(/^-/, '')).filter((part) => part !== '');
  return { file, split, set: set.join('/') };
}

/** The labels file of an images file (`train-images-idx3-ubyte` -> `train-labels-idx1-ubyte`): beside it, or in a folder named like it. */
export async function findIdxLabels(imagesFile: string): Promise<string | undefined> {
  const own = plainName(basename(imagesFile));
  const wanted = own.replace(/images?/, 'labels');
  const names = [wanted.replace('idx3', 'idx1'), wanted.replace('idx3-ubyte', 'idx2-int'), wanted];
  const folder = dirname(imagesFile);
  const folders = plainName(basename(folder)) === own ? [folder, dirname(folder)] : [folder];
  const found: string[] = [];
  for (const where of folders) {
    for (const entry of await entriesOf(where, false)) {
      if (!names.includes(plainName(entry.name)) || plainName(entry.name) === own) continue;
      const path = join(where, entry.name);
      if (!(await isDirectory(path))) found.push(path);
      else
        for (const inner of await entriesOf(path, false))
          if (names.includes(plainName(inner.name)) && !inner.isDirectory()) found.push(join(path, inner.name));
    }
  }
  // Unpacked before packed.
  return found.find((file) => !/\.gz$/i.test(file)) ?? found[0];
}

const isDirectory = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() === true;

async function startsAsImages(file: string): Promise<boolean> {
  const start = await unpackedStartOf(file).catch(() => undefined);
  return start !== undefined && start.length >= 4 && start.readUInt32BE(0) === IDX_IMAGES_MAGIC;
}

const PACKED_START = 4096;

/**
 * The first bytes of a file, unpacked when it is gzipped; undefined when it cannot be unpacked.
 * @throws what the file system throws
 */
export async function unpackedStartOf(file: string): Promise<Buffer | undefined> {
  const start = await startOfFile(file, PACKED_START);
  return start[0] === 0x1f && start[1] === 0x8b ? unpackedStart(start) : start;
}

/** What the first bytes of a gzipped file unfold to. */
function unpackedStart(start: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const unpacking = createGunzip();
    unpacking.on('data', (bytes: Buffer) => resolve(bytes));
    unpacking.on('end', () => resolve(Buffer.alloc(0)));
    // The rest is missing, which does not matter here.
    unpacking.on('error', () => resolve(undefined));
    unpacking.end(start);
  });
}
