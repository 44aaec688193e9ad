/** Orientation of TIFF and EXIF: where the first row and column of the file lie in the upright image. */
import type { Image } from '../image.js';

/** @param orientation 1 to 8; any other number means nothing, and the image stays as it is */
export function turned(image: Image, orientation: number): Image {
  const { width, height, channels, data } = image;
  if (!(orientation >= 2 && orientation <= 8)) return image;
  const isTransposed = orientation >= 5;
  // Of the file's rows and columns, which run backwards.
  const isMirrored = [2, 3, 7, 8].includes(orientation);
  const isFlipped = [3, 4, 6, 7].includes(orientation);
  const upright = isTransposed ? { width: height, height: width } : { width, height };
  const pixels = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < upright.height; y++) {
    for (let x = 0; x < upright.width; x++) {
      const [column, row] = isTransposed ? [y, x] : [x, y];
      const from = (isFlipped ? height - 1 - row : row) * width + (isMirrored ? width - 1 - column : column);
      for (let channel = 0; channel < channels; channel++) pixels[to++] = data[from * channels + channel] as number;
    }
  }
  return { ...upright, channels, data: pixels };
}
