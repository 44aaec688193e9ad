/** Folder trees of pictures, as torchvision's `ImageFolder` reads them, but unlabelled ones too. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileProblem } from '../files/fileProblem.js';

export interface ImageFile {
  /** Relative to the folder, with '/' on every system. */
  readonly name: string;
  readonly bytes: number;
  /** When it was written last, in milliseconds since 1970. */
  readonly modified: number;
}

const PICTURE_NAME = /\.(png|jpe?g|webp|gif|bmp|tiff?)$/i;

/** A folder with this file is a training run, whose previews and plots are not data even when it lies inside the data folder. */
const RUN_MARKER = 'run.json';

/** Asking the file system one by one would make a million pictures take minutes; asking for all at once, gigabytes. */
const STATS_AT_ONCE = 256;

// A fixed locale: the order of the data set must not depend on the machine's language.
const natural = new Intl.Collator('en', { numeric: true });

/**
 * All pictures below a folder, in natural order (2.png before 10.png), folder by folder. Hidden files and folders are skipped, links are
 * followed, and a folder that is reached twice is read once.
 * @throws Error when a folder cannot be read, or a name cannot be used to open a file; the reason of `stop` when it aborts
 */
export async function listPictures(root: string, stop?: AbortSignal): Promise<ImageFile[]> {
  const seen = new Set<string>();
  const pictures: ImageFile[] = [];

  async function walk(folder: string, prefix: string): Promise<void> {
    const real = await realpath(folder).catch(failWith(folder));
    if (seen.has(real)) return;
    seen.add(real);
    const names = (await readdir(folder).catch(failWith(folder))).filter((name) => !name.startsWith('.'));
    if (names.includes(RUN_MARKER)) {
      if (prefix === '')
        throw new Error(`${root} is a training run (it has a ${RUN_MARKER}), not a folder of pictures.`);
      return;
    }
    names.sort((one, other) => natural.compare(one, other) || (one < other ? -1 : 1));
    for (let start = 0; start < names.length; start += STATS_AT_ONCE) {
      stop?.throwIfAborted();
      const some = names.slice(start, start + STATS_AT_ONCE);
      // A link to nowhere, or a file deleted meanwhile, is no picture.
      const entries = await Promise.all(some.map((name) => stat(join(folder, name)).catch(() => undefined)));
      for (const [index, name] of some.entries()) {
        const entry = entries[index];
        if (entry?.isDirectory()) await walk(join(folder, name), `${prefix}${name}/`);
        else if (entry?.isFile() && PICTURE_NAME.test(name))
          pictures.push({ name: `${prefix}${name}`, bytes: entry.size, modified: entry.mtimeMs });
        else if (entry === undefined) requireReadableName(folder, name);
      }
    }
  }

  await walk(root, '');
  return pictures;
}

const failWith = (folder: string) => (error: unknown) => {
  throw new Error(`The folder ${folder} cannot be read: ${fileProblem(error)}.`);
};

/** What Node puts in the place of bytes that are not UTF-8, such as those of names from an old archive. */
const NO_CHARACTER = '\uFFFD';

/** Without this, a folder of such names would be said to have no pictures. */
function requireReadableName(folder: string, name: string): void {
  if (name.includes(NO_CHARACTER) && (PICTURE_NAME.test(name) || !name.includes('.')))
    throw new Error(`The name of ${join(folder, name)} is not written in UTF-8, so it cannot be opened: rename it.`);
}
