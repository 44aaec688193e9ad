import { below, type RandomStream, uniform } from './randomness.js';
import type { Box } from './resample.js';

const NARROWEST = 3 / 4;
const WIDEST = 4 / 3;
const TRIES = 10;

/**
 * The box of torchvision's `RandomResizedCrop.get_params`: an area uniform in `scale` (shares of the image's area) and an aspect ratio
 * log-uniform in 3/4...4/3, at a uniform place. When ten draws do not fit the image, the largest central box of an allowed ratio.
 */
export function drawBox(stream: RandomStream, width: number, height: number, scale: readonly [number, number]): Box {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const area = width * height * uniform(stream, scale[0], scale[1]);
    const ratio = Math.exp(uniform(stream, Math.log(NARROWEST), Math.log(WIDEST)));
    const boxWidth = Math.round(Math.sqrt(area * ratio));
    const boxHeight = Math.round(Math.sqrt(area / ratio));
    if (boxWidth > 0 && boxWidth <= width && boxHeight > 0 && boxHeight <= height) {
      const top = below(stream, height - boxHeight + 1);
      const left = below(stream, width - boxWidth + 1);
      return { left, top, width: boxWidth, height: boxHeight };
    }
  }
  const boxWidth = width / height > WIDEST ? Math.round(height * WIDEST) : width;
  const boxHeight = width / height < NARROWEST ? Math.round(width / NARROWEST) : height;
  return {
    left: Math.floor((width - boxWidth) / 2),
    top: Math.floor((height - boxHeight) / 2),
    width: boxWidth,
    height: boxHeight,
  };
}
