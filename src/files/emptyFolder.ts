/** A folder that is written to must be new: what lies in it would be taken for what is written. */
import { readdirSync } from 'node:fs';
import { fileErrorCode, fileProblem } from './fileProblem.js';

/**
 * The names in a folder that may not be there yet.
 * @throws Error with one sentence when it cannot be read
 */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (fileErrorCode(error) === 'ENOENT') return [];
    throw new Error(`The folder ${folder} cannot be read: ${fileProblem(error)}.`);
  }
}

/**
 * @param purpose of the folder: "the copies"
 * @throws Error with one sentence when anything is in it
 */
export function requireEmpty(folder: string, purpose: string): void {
  if (namesIn(folder).length > 0) throw new Error(`${folder} is not empty: choose a new folder for ${purpose}.`);
}
