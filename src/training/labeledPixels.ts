/** Labeled images, as a network that is trained takes them when it is evaluated. */
import type { ImageDataset } from '../data/dataset.js';
import { evaluationInput } from '../data/evaluationTransform.js';
import { UnreadableImageError } from '../data/image.js';
import type { Settings } from '../settings/settings.js';

export interface LabeledPixels {
  /** [height, width, channels], 8-bit. */
  readonly pixels: Uint8ClampedArray;
  readonly label: number;
}

/**
 * Those of the images that can be read: training names the others. It may be awaited later; until then its failure does not count as
 * nobody's.
 * @param images indices in the data set
 * @param labelOf the label of an image, which stands at `place` among them
 */
export function readLabeledPixels(
  dataset: ImageDataset,
  images: Int32Array,
  labelOf: (image: number, place: number) => number,
  { image_size, in_chans }: Pick<Settings, 'image_size' | 'in_chans'>,
): Promise<LabeledPixels[]> {
  const read = async (image: number, place: number): Promise<LabeledPixels[]> => {
    try {
      const { pixels } = evaluationInput(await dataset.read(image, in_chans), image_size);
      return [{ pixels, label: labelOf(image, place) }];
    } catch (error) {
      if (error instanceof UnreadableImageError) return [];
      throw error;
    }
  };
  const all = Promise.all(Array.from(images, read)).then((some) => some.flat());
  all.catch(() => undefined);
  return all;
}
