/** Draws the patch features of images: by their principal components, and by their similarity to one patch. */
import type { PatchColors } from '../attention/patchFeatures.js';
import { coverWithHeat, grid, type MappedImage, mapPixels, type Range, rangeOf } from './attentionImage.js';

const OPACITY = 0.65;
/** How much of its light the background keeps. */
const DARKENED = 0.25;

export type DrawnPatches = MappedImage & PatchColors;

/**
 * A PNG with a row for each image: the image, all its patches' colors over it, those of the foreground with the rest darkened, and the
 * similarities, if any, in the colors of one scale.
 * @param images of one size
 * @param similarities of each image's patches
 */
export async function drawPatches(
  images: readonly DrawnPatches[],
  similarities?: readonly Float32Array[],
): Promise<Buffer> {
  const range = similarities && commonRange(similarities);
  const rows = images.map((image, index) => {
    const values = similarities?.[index];
    const heat = values === undefined ? [] : [coverWithHeat(image, values, OPACITY, range)];
    const colored = coverWithColors(image);
    return [image.image, colored, foregroundOf(image, colored), ...heat];
  });
  const { width = 1, height = 1 } = images[0] ?? {};
  return grid(rows, width, height);
}

const commonRange = (maps: readonly Float32Array[]): Range => {
  const ranges = maps.map(rangeOf);
  return [Math.min(...ranges.map(([least]) => least)), Math.max(...ranges.map(([, most]) => most))];
};

/** The image in gray with the colors over it, so that its own do not mix with them. */
function coverWithColors(image: DrawnPatches): Uint8Array {
  const { colors } = image;
  return mapPixels(image, ([red = 0, green = 0, blue = 0], patch) => {
    const gray = 0.299 * red + 0.587 * green + 0.114 * blue;
    return [0, 1, 2].map((channel) => gray * (1 - OPACITY) + (colors[patch * 3 + channel] as number) * OPACITY);
  });
}

/** @param colored the image with the colors over it */
function foregroundOf(image: DrawnPatches, colored: Uint8Array): Uint8Array {
  return mapPixels({ ...image, image: colored }, (pixel, patch) =>
    image.foreground[patch] === 1 ? pixel : [...pixel].map((value) => value * DARKENED),
  );
}
