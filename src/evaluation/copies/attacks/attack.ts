/** What is done to an image to see whether it is still known: one kind of change, at several strengths. */
import sharp, { type Sharp } from 'sharp';
import type { Image } from '../../../data/image.js';
import type { RandomStream } from '../../../data/randomness.js';

export interface Attack {
  /** Of a folder, too. */
  readonly name: string;
  /** From the weakest to the strongest. */
  readonly strengths: readonly number[];
  /** What a strength counts, such as `% cut off`. */
  readonly unit: string;
  /** @param image of 3 channels @param random decides what the strength leaves open */
  apply(image: Image, strength: number, random: RandomStream): Promise<Image>;
}

/** An image in the hands of sharp. */
export const opened = ({ width, height, data }: Image): Sharp =>
  sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });

/** And back. */
export async function pixelsOf(image: Sharp): Promise<Image> {
  const { data, info } = await image.removeAlpha().toColorspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels, data: new Uint8Array(data) };
}
