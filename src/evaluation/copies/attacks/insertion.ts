/** The image, smaller, somewhere on a ground of soft colors. */
import sharp from 'sharp';
import { below, uniform } from '../../../data/randomness.js';
import { type Attack, opened, pixelsOf } from './attack.js';

/** The ground is so many patches of color each way, which run into each other. */
const PATCHES = 4;

export const insertion: Attack = {
  name: 'insertion',
  strengths: [70, 50, 30, 15],
  unit: '% of the area',
  async apply(image, strength, random) {
    const { width, height } = image;
    const colors = Uint8Array.from({ length: PATCHES * PATCHES * 3 }, () => below(random, 256));
    const share = Math.sqrt(strength / 100);
    const inner = { width: Math.max(1, Math.round(width * share)), height: Math.max(1, Math.round(height * share)) };
    const left = Math.floor(uniform(random, 0, width - inner.width + 1));
    const top = Math.floor(uniform(random, 0, height - inner.height + 1));
    const input = await opened(image).resize(inner.width, inner.height, { fit: 'fill' }).png().toBuffer();
    const ground = sharp(colors, { raw: { width: PATCHES, height: PATCHES, channels: 3 } })
      .resize(width, height, { fit: 'fill', kernel: 'cubic' })
      .composite([{ input, left, top }]);
    return pixelsOf(ground);
  },
};
