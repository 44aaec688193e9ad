/** Where a command would write. */
import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

/** Whether a path, which may not be there yet, is a folder or lies in it, by whatever links lead there. */
export function liesIn(path: string, folder: string): boolean {
  const way = relative(realPlaceOf(resolve(folder)), realPlaceOf(resolve(path)));
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** @param path absolute */
function realPlaceOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const folder = dirname(path);
    return folder === path ? path : join(realPlaceOf(folder), basename(path));
  }
}
