/** A large file that is written piece by piece beside its place, and put there only when the disk has all of it. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fileErrorCode, fileProblem } from './fileProblem.js';

export const UNFINISHED = '.unfinished';

/**
 * @param write gets the file and its path, which it must not keep
 * @param aside where it lies until then: a name of its own where several may write the same file at the same time
 * @throws Error with one sentence when it cannot be written; what `write` throws
 */
export async function writeAside(
  file: string,
  write: (handle: FileHandle, path: string) => Promise<void>,
  aside = file + UNFINISHED,
): Promise<void> {
  try {
    const handle = await open(aside, 'w');
    try {
      await write(handle, aside);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true });
    if (fileErrorCode(error) === undefined) throw error;
    throw new Error(`${basename(file)} cannot be written to ${file}: ${fileProblem(error)}.`);
  }
  await syncFolder(dirname(file));
}

/** So that the new name lasts, too. Windows opens no folders, and needs no such thing. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  try {
    await handle?.sync().catch(() => undefined);
  } finally {
    await handle?.close();
  }
}
