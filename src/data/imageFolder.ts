/** Folder trees of images, as torchvision's `ImageFolder` reads them, but unlabeled ones too. */
import type { Stats } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileErrorCode, fileProblem } from '../files/fileProblem.js';
import { fileStamp } from '../files/fileStamp.js';
import { isImageName } from '../files/imageEndings.js';
import { type LeftOut, LeftOutCounter } from './leftOut.js';

export interface ImageFile {
  /** Relative to the folder, with '/' on every system. */
  readonly name: string;
  readonly bytes: number;
  /** See {@link fileStamp}. */
  readonly stamp: string;
}

export interface FolderContents {
  readonly images: readonly ImageFile[];
  readonly leftOut: LeftOut;
}

/** A folder with this file may be a training run, whose plots are not data even when it lies inside the data folder. */
const RUN_RECORD = 'run.json';

/** Asking the file system one by one would make a million images take minutes; asking for all at once, gigabytes. */
const STATS_AT_ONCE = 256;

// A fixed locale: the order of the data set must not depend on the machine's language.
const natural = new Intl.Collator('en', { numeric: true });

/**
 * All images below a folder, in natural order (2.png before 10.png), folder by folder. Links are followed, and a folder that is reached
 * twice is read once. Hidden files and folders, and training runs, are skipped. What cannot be read does not keep the rest from being read.
 * @throws Error when the folder itself cannot be read, or is a training run; the reason of `stop` when it aborts
 */
export async function listImages(root: string, stop?: AbortSignal): Promise<FolderContents> {
  const seen = new Set<string>();
  const images: ImageFile[] = [];
  const leftOut = new LeftOutCounter();

  async function walk(folder: string, prefix: string): Promise<void> {
    const listed = await namesIn(folder).catch((error: unknown) => {
      if (prefix === '') throw new Error(`The folder ${folder} cannot be read: ${fileProblem(error)}.`);
      leftOut.add(`folder that cannot be read: ${fileProblem(error)}`, prefix);
    });
    if (listed === undefined) return;
    if (seen.has(listed.real)) {
      leftOut.add('link to a folder that is read already', prefix);
      return;
    }
    seen.add(listed.real);
    if (listed.names.includes(RUN_RECORD) && (await isRunRecord(join(folder, RUN_RECORD)))) {
      if (prefix === '')
        throw new Error(`${root} is a training run (its ${RUN_RECORD} says so), not a folder of images.`);
      leftOut.add('training run', prefix);
      return;
    }
    const names = listed.names.sort((one, other) => natural.compare(one, other) || (one < other ? -1 : 1));
    for (let start = 0; start < names.length; start += STATS_AT_ONCE) {
      stop?.throwIfAborted();
      const some = names.slice(start, start + STATS_AT_ONCE);
      const entries = await Promise.all(some.map(async (name) => ({ name, entry: await statOf(join(folder, name)) })));
      for (const { name, entry } of entries) {
        const path = `${prefix}${name}`;
        if (name.startsWith('.')) addHidden(name, entry, path);
        else if (!isStats(entry)) leftOut.add(unreachable(name, entry), path);
        else if (entry.isDirectory()) await walk(join(folder, name), `${path}/`);
        else if (!entry.isFile()) leftOut.add('pipe, socket or device', path);
        else if (isImageName(name)) images.push({ name: path, bytes: entry.size, stamp: fileStamp(entry) });
        else leftOut.addFile(name);
      }
    }
  }

  function addHidden(name: string, entry: Stats | Error, path: string): void {
    if (isStats(entry) && entry.isDirectory()) leftOut.add('hidden folder', path);
    else if (isImageName(name)) leftOut.add('hidden image', path);
  }

  await walk(root, '');
  return { images, leftOut: leftOut.result() };
}

const isStats = (entry: Stats | Error): entry is Stats => !(entry instanceof Error);

const statOf = (path: string): Promise<Stats | Error> =>
  stat(path).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));

async function namesIn(folder: string): Promise<{ readonly real: string; readonly names: string[] }> {
  return { real: await realpath(folder), names: await readdir(folder) };
}

/** What Node puts in the place of bytes that are not UTF-8, such as those of names from an old archive. */
const NO_CHARACTER = '\uFFFD';

function unreachable(name: string, error: unknown): string {
  if (name.includes(NO_CHARACTER)) return 'name that is not UTF-8 and cannot be opened: rename it';
  const code = fileErrorCode(error);
  return code === 'ENOENT' || code === 'ELOOP'
    ? 'link to a file that is not there'
    : `entry that cannot be read: ${fileProblem(error)}`;
}

/** Other programs have a `run.json` too. */
async function isRunRecord(path: string): Promise<boolean> {
  try {
    const record: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof record !== 'object' || record === null || !('versions' in record)) return false;
    const { versions } = record;
    return typeof versions === 'object' && versions !== null && 'dino-lab' in versions;
  } catch {
    return false;
  }
}
