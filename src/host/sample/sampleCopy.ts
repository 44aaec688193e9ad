/**
 * The sample run lies in the extension's folder, which must not be written. Runs are: with notes, evaluations, caches. So it is looked at in
 * a copy, which is made again wherever it differs from the package.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { fileErrorCode, fileProblem } from '../../files/fileProblem.js';

/** The run's folder in the sample's, and an image that is not among the tiles it was trained on. */
export const SAMPLE_RUN = path.join('runs', 'photographs');
export const SAMPLE_IMAGE = path.join('photographs', 'nagasaki-boats.jpg');

/** In the copy: what it was made of, so that a later version of the package can take away what it no longer has. */
const COPIED = 'copied.json';
const copiedSchema = z.array(z.string());
/** The paths in the packaged record are relative to the sample's folder. */
const recordSchema = z.looseObject({
  dataset: z.looseObject({ path: z.string() }),
  config: z.looseObject({ knn_test: z.string() }),
});

/**
 * Makes the copy, or repairs it: every file is compared with the package's. What a person added, such as notes and evaluations, stays.
 * @returns how many files were written
 * @throws Error with one sentence that names the folder that cannot be read or written
 */
export async function copySample(packaged: string, folder: string): Promise<number> {
  const names = await filesIn(packaged);
  try {
    await removeObsolete(folder, new Set(names));
    let written = 0;
    for (const name of names) {
      const wanted = await packagedBytes(packaged, name, folder);
      if (await isThere(path.join(folder, name), wanted)) continue;
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      // Not synced, which takes long for hundreds of files: what a failing machine loses is repaired the next time.
      await writeFileAtomic(path.join(folder, name), wanted, { fsync: false });
      written++;
    }
    await writeFileAtomic(path.join(folder, COPIED), JSON.stringify(names));
    return written;
  } catch (error) {
    throw new Error(`The sample run cannot be copied to ${folder}: ${fileProblem(error)}.`);
  }
}

async function filesIn(packaged: string): Promise<string[]> {
  try {
    const entries = await readdir(packaged, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return files.map((entry) => path.relative(packaged, path.join(entry.parentPath, entry.name))).sort();
  } catch (error) {
    throw new Error(`The sample run is missing in the extension, ${packaged}: ${fileProblem(error)}.`);
  }
}

async function packagedBytes(packaged: string, name: string, folder: string): Promise<Buffer> {
  const bytes = await readFile(path.join(packaged, name));
  return name === path.join(SAMPLE_RUN, 'run.json') ? recordIn(folder, bytes) : bytes;
}

function recordIn(folder: string, bytes: Buffer): Buffer {
  const record = recordSchema.parse(JSON.parse(bytes.toString('utf8')));
  const { dataset, config } = record;
  const placed = {
    ...record,
    config: { ...config, knn_test: path.resolve(folder, config.knn_test) },
    dataset: { ...dataset, path: path.resolve(folder, dataset.path) },
  };
  return Buffer.from(`${JSON.stringify(placed, null, 2)}\n`);
}

async function isThere(file: string, wanted: Buffer): Promise<boolean> {
  const found = await readFile(file).catch(unlessAbsent);
  return found?.equals(wanted) ?? false;
}

async function removeObsolete(folder: string, names: ReadonlySet<string>): Promise<void> {
  const text = await readFile(path.join(folder, COPIED), 'utf8').catch(unlessAbsent);
  if (text === undefined) return;
  const before = copiedSchema.safeParse(parsed(text)).data ?? [];
  for (const name of before.filter((one) => !names.has(one))) {
    await rm(path.join(folder, name), { force: true });
    // A checkpoint's folder that has become empty is no checkpoint, but is not to lie about either.
    const parent = path.dirname(path.join(folder, name));
    if ((await readdir(parent).catch(unlessAbsent))?.length === 0) await rm(parent, { recursive: true });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Damaged: it is written anew.
  }
}

function unlessAbsent(error: unknown): undefined {
  if (fileErrorCode(error) !== 'ENOENT') throw error;
}
