/** Images as small squares. */
import type { ImageDataset } from '../data/dataset.js';
import { UnreadableImageError } from '../data/image.js';
import { resample } from '../data/resample.js';

/** Decoded at once, lest many large images fill the memory. */
const AT_ONCE = 8;

/**
 * The images' central squares. One that cannot be read (any more) is gray and named.
 * @returns RGB, [images, side, side, 3]
 */
export async function thumbnails(
  dataset: Pick<ImageDataset, 'read'>,
  images: ArrayLike<number>,
  side: number,
): Promise<{ pixels: Uint8Array<ArrayBuffer>; unreadable: string[] }> {
  const area = side * side * 3;
  const pixels = new Uint8Array(images.length * area).fill(128);
  const unreadable: string[] = [];
  const draw = async (place: number): Promise<void> => {
    try {
      const image = await dataset.read(images[place] ?? 0, 3);
      const square = Math.min(image.width, image.height);
      const box = {
        left: Math.floor((image.width - square) / 2),
        top: Math.floor((image.height - square) / 2),
        width: square,
        height: square,
      };
      const out = new Uint8ClampedArray(area);
      resample(image, { box, width: side, height: side, kernel: 'bilinear' }, out);
      pixels.set(out, place * area);
    } catch (error) {
      if (!(error instanceof UnreadableImageError)) throw error;
      unreadable.push(error.message);
    }
  };
  for (let start = 0; start < images.length; start += AT_ONCE) {
    const count = Math.min(AT_ONCE, images.length - start);
    await Promise.all(Array.from({ length: count }, (_, offset) => draw(start + offset)));
  }
  return { pixels, unreadable };
}
