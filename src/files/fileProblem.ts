import { errorMessage } from '../errors/errorMessage.js';

/** The file system's error codes in words that tell a person what to do. */
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission is denied: change its permissions, or choose another place',
  EPERM: 'the operation is not permitted: check who owns it and its permissions',
  EROFS: 'the file system is read-only: choose another folder',
  ENOSPC: 'the disk is full: free some space, or choose a folder on another disk',
  EDQUOT: 'your disk quota is used up: free some space, or choose a folder on another disk',
  EISDIR: 'it is a folder, not a file',
  ENOTDIR: 'a part of its path is a file, not a folder',
  EEXIST: 'it exists already',
  ENOTEMPTY: 'the folder is not empty',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'its name is too long',
};

/** The error's code (`ENOENT`, ...) when the system gave one. */
export const fileErrorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Why a file operation failed, as the end of a sentence without its full stop. */
export function fileProblem(error: unknown): string {
  const code = fileErrorCode(error);
  const words = code === undefined ? undefined : WORDS[code];
  return words ?? errorMessage(error);
}
