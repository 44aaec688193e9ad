import { execFileSync } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './temporaryFolder.js';

/**
 * A folder on a real file system of its own, of so many bytes, which may be made read-only; gone when the test is done.
 * @returns undefined where this process may not mount one (that takes Linux and root)
 */
export function smallDisk(bytes: number): { path: string; makeReadOnly(): void } | undefined {
  const path = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  // Undone in reverse order: unmounted before the folder is removed.
  onTestFinished(() => void execFileSync('umount', [path]));
  return { path, makeReadOnly: () => void execFileSync('mount', ['-o', 'remount,ro', path]) };
}

export const NO_SMALL_DISK = 'a small file system can be mounted only on Linux and as root';
