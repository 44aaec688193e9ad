/** How much room there is for files that are not written yet. */
import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileErrorCode } from './fileProblem.js';

/**
 * Bytes that are free for this user where a folder is, or would be made.
 * @throws the file system's own error, when the folder cannot be written to or made
 */
export async function freeSpace(folder: string): Promise<number> {
  const there = await nearest(resolve(folder));
  await access(there, constants.W_OK | constants.X_OK);
  const { bavail, bsize } = await statfs(there);
  return bavail * bsize;
}

/** The folder itself, or what it would be made in. */
async function nearest(folder: string): Promise<string> {
  try {
    if (!(await stat(folder)).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
    return folder;
  } catch (error) {
    const parent = dirname(folder);
    if (fileErrorCode(error) !== 'ENOENT' || parent === folder) throw error;
    return nearest(parent);
  }
}
