/** The crops of one picture as training makes them, before they are normalised, with what was done to each. */
import { type CropRecord, cropViews, drawCrop, renderCrop } from './augmentation.js';
import type { AugmentationSpec } from './batch.js';
import type { Picture } from './picture.js';
import { cropStream } from './randomness.js';

/** Whose crops: a run draws those of each picture anew in each epoch. */
export interface CropDraw {
  readonly seed: number;
  readonly epoch: number;
  /** Index of the picture in the data set. */
  readonly image: number;
}

export interface CropPreview {
  /** Two global crops, then the local ones. */
  readonly records: readonly CropRecord[];
  /** 8-bit, [size, size, channels] of each crop, one after the other. */
  readonly pixels: Uint8ClampedArray;
}

export function previewCrops(picture: Picture, spec: AugmentationSpec, { seed, epoch, image }: CropDraw): CropPreview {
  const records = cropViews(spec).map((view, crop) => drawCrop(view, picture, cropStream(seed, epoch, image, crop)));
  const lengths = records.map(({ size }) => size * size * picture.channels);
  const pixels = new Uint8ClampedArray(lengths.reduce((sum, length) => sum + length, 0));
  let start = 0;
  records.forEach((record, crop) => {
    const end = start + (lengths[crop] ?? 0);
    renderCrop(picture, record, pixels.subarray(start, end));
    start = end;
  });
  return { records, pixels };
}
