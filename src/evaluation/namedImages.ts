/** Images of a data set by the names that other files have for them. */
import type { ImageDataset } from '../data/dataset.js';

const withoutEnding = (name: string): string => name.replace(/\.[^./]+$/, '');
/** The last part of a path, without its ending: `VOC/2007_000032.jpg` is `2007_000032`. */
export const stemOf = (name: string): string => withoutEnding(name.split('/').at(-1) ?? '');

/**
 * Finds an image by its path below the folder or by its file's name alone, with its ending or without. A name that several images have is
 * none.
 */
export function imagesByName(dataset: Pick<ImageDataset, 'size' | 'nameOf'>): (name: string) => number | undefined {
  const places = new Map<string, number | undefined>();
  for (let index = 0; index < dataset.size; index++) {
    const name = dataset.nameOf(index);
    for (const key of new Set([name, withoutEnding(name), name.split('/').at(-1) ?? '', stemOf(name)]))
      places.set(key, places.has(key) ? undefined : index);
  }
  return (name) => places.get(name);
}
