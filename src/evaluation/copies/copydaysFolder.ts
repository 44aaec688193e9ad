/** A folder in the layout of Copydays: originals, and attacks in folders of their own, such as `strong` and `jpegqual/3`. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageDataset, openDataset } from '../../data/dataset.js';
import { fileProblem } from '../../files/fileProblem.js';
import { isImageName } from '../../files/imageEndings.js';
import { counted } from '../../text/counted.js';
import { originalsOf } from './copydays.js';
import type { ComparedImages } from './describe.js';

const ORIGINAL = 'original';
const STRONG = 'strong';

export interface CopydaysBlock {
  readonly name: string;
  readonly dataset: ComparedImages;
  /** For each image the originals that it was made of. */
  readonly positives: readonly (readonly number[])[];
  /** What was done to the images, where it was done here. */
  readonly attack?: { readonly name: string; readonly strength: number };
}

/** The originals are the first block: they find themselves. @throws Error with one sentence */
export async function openCopydays(folder: string, signal?: AbortSignal): Promise<CopydaysBlock[]> {
  const names = await blocksIn(folder, '');
  if (!names.includes(ORIGINAL))
    throw new Error(
      `${folder} has no folder ${ORIGINAL} with images, which copies are made of in the layout of Copydays.`,
    );
  const originals = await openDataset(join(folder, ORIGINAL), signal);
  const blocks: CopydaysBlock[] = [{ name: ORIGINAL, dataset: originals, positives: inOrder(originals) }];
  for (const name of names.filter((name) => name !== ORIGINAL)) {
    const dataset = await openDataset(join(folder, name), signal);
    if (name !== STRONG && dataset.size !== originals.size)
      throw new Error(
        `${join(folder, name)} has ${counted(dataset.size, 'image')}, but ${ORIGINAL} has ${originals.size}: each of those must have one copy there, in the same order.`,
      );
    const positives = name === STRONG ? originalsOf(namesOf(dataset), namesOf(originals)) : inOrder(dataset);
    blocks.push({ name, dataset, positives });
  }
  return blocks;
}

const inOrder = ({ size }: ImageDataset): number[][] => Array.from({ length: size }, (_, image) => [image]);
const namesOf = ({ size, nameOf }: ImageDataset): string[] => Array.from({ length: size }, (_, image) => nameOf(image));

/** Folders that have images themselves, in order. */
async function blocksIn(folder: string, below: string): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true }).catch((error: unknown) => {
    throw new Error(`The folder ${join(folder, below)} cannot be read: ${fileProblem(error)}.`);
  });
  if (below !== '' && entries.some(({ name }) => isImageName(name))) return [below];
  const folders = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => (below === '' ? name : `${below}/${name}`));
  const found: string[] = [];
  for (const name of folders.sort(natural.compare)) found.push(...(await blocksIn(folder, name)));
  return found;
}

const natural = new Intl.Collator('en', { numeric: true });
