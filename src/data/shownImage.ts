/** An image for the screen. */
import { type Image, withChannels } from './image.js';
import { type Box, resample } from './resample.js';

/** 8-bit RGB, [height, width, 3]. */
export interface ShownImage {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/**
 * An image, or the part of it in `box`, as it is, but reduced to `side` pixels where its longer side has more. Gray becomes RGB.
 * @param box in whole pixels of the image
 */
export function shownImage(
  image: Image,
  side: number,
  box: Box = { left: 0, top: 0, width: image.width, height: image.height },
): ShownImage {
  const reduction = Math.min(1, side / Math.max(box.width, box.height));
  const size = {
    width: Math.max(1, Math.round(box.width * reduction)),
    height: Math.max(1, Math.round(box.height * reduction)),
  };
  const { channels } = image;
  const pixels = new Uint8ClampedArray(size.width * size.height * channels);
  resample(image, { box, ...size, kernel: 'bilinear' }, pixels);
  const { data } = withChannels({ ...size, channels, data: new Uint8Array(pixels.buffer) }, 3);
  return { ...size, pixels: data };
}
