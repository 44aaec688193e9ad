/** AVIF images. libvips reads still ones. */
import type { Image } from '../image.js';
import { brandsOf } from './kind.js';
import { decodeByLibvips } from './libvips.js';

/** @throws Error with the reason, as the end of a sentence */
export async function decodeAvif(file: Buffer): Promise<Image> {
  try {
    return await decodeByLibvips(file);
  } catch (error) {
    // A sequence may begin with a still image, which is read then.
    if (!brandsOf(file).includes('avis')) throw error;
    throw new Error('it is an animated AVIF, for which there is no decoder here: save its first image as JPEG or PNG');
  }
}
