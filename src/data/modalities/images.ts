/** Images, cut into DINO's multi-crop or a single crop. */
import { type CropView, cropViews, makeCrop } from '../augmentation.js';
import { type AugmentationSpec, augmentationSpec, type CropSettings } from '../batch.js';
import { IMAGES, type ImageSource, openDataset, readFrom } from '../dataset.js';
import { DecodedImages, type DecodedMemory, reserveDecoded } from '../decodedImages.js';
import { type Image, requireImageChannels } from '../image.js';
import type { Modality, ModalityTypes, ViewPlan } from '../modality.js';
import { cropStream } from '../randomness.js';

interface Images extends ModalityTypes {
  readonly source: ImageSource;
  readonly item: Image;
  readonly spec: AugmentationSpec;
  readonly settings: CropSettings;
  readonly kept: DecodedMemory;
}

/** Global crops of each image. */
const GLOBALS = 2;

/**
 * `images` [1, batch, channels, imageSize, imageSize] of the single crop; else `globals` [2, batch, channels, imageSize, imageSize] and `locals` [localCropsNumber, batch, channels, localSize, localSize], normalized.
 * @throws Error when image files cannot give that many channels
 */
export function imageViews(spec: AugmentationSpec): ViewPlan<AugmentationSpec> {
  const { channels, imageSize, localSize, localCropsNumber } = spec;
  requireImageChannels(channels);
  const length = channels * imageSize ** 2;
  if (spec.crops === 'single') return { spec, arrays: { images: { views: 1, length } } };
  return {
    spec,
    arrays: {
      globals: { views: GLOBALS, length },
      locals: { views: localCropsNumber, length: channels * localSize ** 2 },
    },
  };
}

export const images: Modality<Images> = {
  name: IMAGES,
  item: 'image',

  // What no other kind recognizes is opened as images, which says what is wrong with it.
  recognizes: () => Promise.resolve(true),

  open: openDataset,

  views: (settings) => imageViews(augmentationSpec(settings)),

  // IDX pixels are in memory anyway.
  reserve: ({ source, size }, { channels }, bytes) =>
    source.kind === 'folder' && bytes > 0 ? reserveDecoded(size, channels, bytes) : undefined,

  reader: (source, { channels }, kept) => {
    const decoded = kept && new DecodedImages(kept);
    return async (index) => {
      const known = decoded?.get(index);
      if (known !== undefined) return known;
      const image = await readFrom(source, index, channels);
      decoded?.add(index, image);
      return image;
    };
  },

  cut: (image, spec, { seed, epoch, index }, viewOf) => {
    cropViews(spec).forEach((view, crop) => {
      makeCrop(image, view, cropStream(seed, epoch, index, crop), into(view, crop, viewOf), 0);
    });
  },
};

function into({ kind }: CropView, crop: number, viewOf: (array: string, view: number) => Float32Array): Float32Array {
  switch (kind) {
    case 'single':
      return viewOf('images', crop);
    case 'global':
      return viewOf('globals', crop);
    case 'local':
      return viewOf('locals', crop - GLOBALS);
  }
}
