/** The kinds of data that networks are trained on. */
import type { Dataset, Modality } from '../modality.js';
import { images } from './images.js';

/** A data set is of the first kind that recognizes it. */
const MODALITIES = [images] as const satisfies readonly Modality[];

type KnownModality = (typeof MODALITIES)[number];

/** The kind of a data set. */
export function modalityOf({ modality }: Pick<Dataset, 'modality'>): KnownModality {
  const found = MODALITIES.find(({ name }) => name === modality);
  if (found === undefined) throw new Error(`There is no kind of data ${modality}.`);
  return found;
}

/**
 * Opens a data set of any kind.
 * @throws Error in one sentence when there is nothing to read; the reason of `stop` when it aborts
 */
export async function openData(path: string, stop?: AbortSignal): Promise<Dataset> {
  for (const modality of MODALITIES) if (await modality.recognizes(path)) return modality.open(path, stop);
  throw new Error(`The data set ${path} is of no kind that can be read.`);
}
