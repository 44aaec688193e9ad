import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileErrorCode } from '../files/fileProblem.js';

/**
 * Makes a folder and those that it lies in. Node's own recursive way says "does not exist" of a read-only file system,
 * which sends people looking in the wrong place.
 * @throws the file system's own error
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const code = fileErrorCode(error);
    if (code === 'ENOENT' && dirname(path) !== path) {
      makeFolder(dirname(path));
      mkdirSync(path);
    } else if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
