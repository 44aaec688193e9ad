/** The crops of one image as training makes them, before they are normalized, with what was done to each. */
import { type CropRecord, cropViews, drawCrop, renderCrop } from './augmentation.js';
import type { AugmentationSpec } from './batch.js';
import type { Image } from './image.js';
import { cropStream } from './randomness.js';

/** Whose crops: a run draws those of each image anew in each epoch. */
export interface CropDraw {
  readonly seed: number;
  readonly epoch: number;
  /** Index of the image in the data set. */
  readonly image: number;
}

export interface CropPreview {
  /** Two global crops, then the local ones. */
  readonly records: readonly CropRecord[];
  /** 8-bit, [size, size, channels] of each crop, one after the other. */
  readonly pixels: Uint8ClampedArray;
}

export function previewCrops(
  image: Image,
  spec: AugmentationSpec,
  { seed, epoch, image: index }: CropDraw,
): CropPreview {
  const records = cropViews(spec).map((view, crop) => drawCrop(view, image, cropStream(seed, epoch, index, crop)));
  const lengths = records.map(({ size }) => size * size * image.channels);
  const pixels = new Uint8ClampedArray(lengths.reduce((sum, length) => sum + length, 0));
  let start = 0;
  records.forEach((record, crop) => {
    const end = start + (lengths[crop] as number);
    renderCrop(image, record, pixels.subarray(start, end));
    start = end;
  });
  return { records, pixels };
}
