import type { ImageDataset } from '../data/dataset.js';
import { type Image, UnreadableImageError } from '../data/image.js';
import type { Computing } from './evaluation.js';

/** An image of a data set as the network takes it; undefined, after a warning, when it cannot be read. */
export const readableImage = (
  dataset: ImageDataset,
  index: number,
  { network, warn }: Pick<Computing, 'network' | 'warn'>,
): Promise<Image | undefined> =>
  dataset.read(index, network.backbone.inChans).catch((error: unknown) => {
    if (!(error instanceof UnreadableImageError)) throw error;
    warn(error.message);
    return undefined;
  });
