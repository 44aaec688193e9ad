// Copies of images in the layout of Copydays: whole, cropped, compressed, and altered in several ways at once.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';

/** Of the shorter and the longer side, what a crop keeps: about half of the area. */
const KEPT = 0.7;
const QUALITY = 10;
const WHITE = '#ffffff';

/**
 * @typedef {import('sharp').Sharp} Sharp
 * @typedef {(image: Sharp, size: { width: number, height: number }, index: number) => Sharp} Attack
 * @type {Readonly<Record<string, Attack>>}
 */
const ATTACKS = {
  original: (image) => image.png(),
  'crops/50': (image, size, index) => image.extract(windowOf(size, index)).png(),
  'jpegqual/10': (image) => image.jpeg({ quality: QUALITY }),
  strong: (image, { width, height }) =>
    image
      .rotate(20, { background: WHITE })
      .resize(width, height, { fit: 'fill' })
      .blur(0.8)
      .modulate({ brightness: 0.7 })
      .png(),
};

/** Names are numbers of four digits, by which strong copies are told to be of their originals. */
export async function writeCopies(/** @type {readonly string[]} */ files, /** @type {string} */ folder) {
  for (const [name, attack] of Object.entries(ATTACKS)) {
    const target = path.join(folder, name);
    mkdirSync(target, { recursive: true });
    for (const [index, file] of files.entries()) {
      const whole = await sharp(file).flatten({ background: WHITE }).toColourspace('srgb').png().toBuffer();
      const { width, height } = await sharp(whole).metadata();
      const ending = name.startsWith('jpegqual') ? 'jpg' : 'png';
      await attack(sharp(whole), { width, height }, index).toFile(
        path.join(target, `${String(index).padStart(4, '0')}.${ending}`),
      );
    }
  }
}

/** Places that spread evenly, however many they are. */
function windowOf(/** @type {{ width: number, height: number }} */ size, /** @type {number} */ index) {
  const [width, height] = [Math.round(KEPT * size.width), Math.round(KEPT * size.height)];
  const [across, down] = [0.7548776662, 0.569840291].map((step) => (index * step) % 1);
  return {
    left: Math.floor((across ?? 0) * (size.width - width + 1)),
    top: Math.floor((down ?? 0) * (size.height - height + 1)),
    width,
    height,
  };
}
