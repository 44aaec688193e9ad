import type { Stats } from 'node:fs';

/**
 * What changes when a file is written again or another one takes its place. The time of writing can be copied with a file (`cp -p`, archives);
 * the time of its last change and its number in the file system cannot, where there are such.
 */
export const fileStamp = ({
  size,
  mtimeMs,
  ctimeMs,
  ino,
}: Pick<Stats, 'size' | 'mtimeMs' | 'ctimeMs' | 'ino'>): string => [size, mtimeMs, ctimeMs, ino].join(' ');
