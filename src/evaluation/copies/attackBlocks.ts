/** Copies that are made of images to be found again: a block for each attack and strength, as a folder of Copydays has them. */
import type { ImageDataset } from '../../data/dataset.js';
import { UnreadableImageError } from '../../data/image.js';
import { some, spreadImages } from '../embedding.js';
import type { Computing } from '../evaluation.js';
import { ATTACKS, attackedImages } from './attacks/index.js';
import type { CopydaysBlock } from './copydaysFolder.js';
import type { ComparedImages } from './describe.js';

export const USUAL_ORIGINALS = 100;
/** Images of the same folder that are distractors. */
export const MOST_OTHERS = 1000;

interface AttackOptions {
  readonly originals?: number | undefined;
  readonly seed?: number | undefined;
}

/** The originals are the first block. @throws Error with one sentence when no image can be read */
export async function attackBlocks(
  dataset: ImageDataset,
  { originals = USUAL_ORIGINALS, seed = 0 }: AttackOptions,
  by: Pick<Computing, 'warn'>,
): Promise<{ readonly blocks: CopydaysBlock[]; readonly others: ComparedImages[] }> {
  const chosen = await readable(dataset, spreadImages(dataset, originals), by);
  if (chosen.length === 0)
    throw new Error(`None of the images in ${dataset.path} that were to be attacked can be read.`);
  const images = some(dataset, Int32Array.from(chosen));
  const positives = chosen.map((_, image) => [image]);
  const blocks: CopydaysBlock[] = [{ name: 'original', dataset: images, positives }];
  for (const attack of ATTACKS) {
    for (const strength of attack.strengths)
      blocks.push({
        name: `${attack.name}/${strength}`,
        dataset: attackedImages(images, { attack, strength }, seed),
        positives,
        attack: { name: attack.name, strength },
      });
  }
  const isChosen = new Set(chosen);
  const rest = Array.from({ length: dataset.size }, (_, image) => image).filter((image) => !isChosen.has(image));
  const most = Math.min(MOST_OTHERS, rest.length);
  const spread = Array.from({ length: most }, (_, i) => rest[Math.floor((i * rest.length) / most)] as number);
  return { blocks, others: spread.length === 0 ? [] : [some(dataset, Int32Array.from(spread))] };
}

/** Those that can be read; the others are named. */
async function readable(
  dataset: ImageDataset,
  images: ArrayLike<number>,
  { warn }: Pick<Computing, 'warn'>,
): Promise<number[]> {
  const found: number[] = [];
  for (const image of Array.from(images)) {
    try {
      await dataset.read(image, 3);
      found.push(image);
    } catch (error) {
      if (!(error instanceof UnreadableImageError)) throw error;
      warn(error.message);
    }
  }
  return found;
}
