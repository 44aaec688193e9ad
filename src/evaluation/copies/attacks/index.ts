/** All attacks, and the images of a data set after one of them. Copydays (Douze et al., 2009) has crops and JPEG; the others are its "strong" ones. */
import sharp from 'sharp';
import { type Image, withChannels } from '../../../data/image.js';
import { attackStream, type RandomStream, uniform } from '../../../data/randomness.js';
import type { ComparedImages } from '../describe.js';
import { type Attack, opened, pixelsOf } from './attack.js';
import { insertion } from './insertion.js';
import { printAndScan } from './printAndScan.js';
import { textOverlay } from './textOverlay.js';

/** A box of the image's shape, at any place. */
const crop: Attack = {
  name: 'crop',
  strengths: [10, 30, 50, 70],
  unit: '% cut off',
  apply: (image, strength, random) => {
    const share = Math.sqrt(1 - strength / 100);
    const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * share))) as [
      number,
      number,
    ];
    const left = Math.floor(uniform(random, 0, image.width - width + 1));
    const top = Math.floor(uniform(random, 0, image.height - height + 1));
    return pixelsOf(opened(image).extract({ left, top, width, height }));
  },
};

const jpeg: Attack = {
  name: 'jpeg',
  strengths: [75, 30, 10, 5],
  unit: 'quality',
  async apply(image, quality) {
    return pixelsOf(sharp(await opened(image).jpeg({ quality }).toBuffer()));
  },
};

/** In pixels: less does not blur at all. */
const LEAST_SIGMA = 0.6;

/** A Gaussian, by the image's size. */
const blur: Attack = {
  name: 'blur',
  strengths: [0.5, 1, 2, 4],
  unit: '% of the shorter side',
  apply: (image, strength) =>
    pixelsOf(opened(image).blur(Math.max(LEAST_SIGMA, (Math.min(image.width, image.height) * strength) / 100))),
};

/** Either way round; the corners are black. */
const rotation: Attack = {
  name: 'rotation',
  strengths: [5, 15, 45, 90],
  unit: 'degrees',
  apply: (image, degrees, random) =>
    pixelsOf(opened(image).rotate(degrees * sign(random), { background: { r: 0, g: 0, b: 0 } })),
};

const sign = (random: RandomStream): number => (uniform(random, -1, 1) < 0 ? -1 : 1);

/** In the order of reports. */
export const ATTACKS: readonly Attack[] = [crop, jpeg, blur, insertion, textOverlay, rotation, printAndScan];

/** The same for the same seed, attack, strength and place of the image in the data set. */
export async function attacked(
  image: Image,
  { attack, strength }: { readonly attack: Attack; readonly strength: number },
  seed: number,
  place: number,
): Promise<Image> {
  const random = attackStream(seed, ATTACKS.indexOf(attack), attack.strengths.indexOf(strength), place);
  return attack.apply(withChannels(image, 3), strength, random);
}

/** Images after an attack: they are changed when they are read. */
export const attackedImages = (
  images: ComparedImages,
  by: { readonly attack: Attack; readonly strength: number },
  seed: number,
): ComparedImages => ({
  ...images,
  read: async (index, channels) => withChannels(await attacked(await images.read(index, 3), by, seed, index), channels),
});
