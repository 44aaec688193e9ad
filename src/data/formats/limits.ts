/** How large an image may be. */

/**
 * An image is decoded to at most so many pixels; a larger one is reduced. At 16 million, even the smallest local crop (5 % of the area) is
 * still read from several times the pixels that it gets, so nothing is lost, and memory stays bounded.
 */
export const MAX_DECODED_PIXELS = 16_000_000;

/** Above this (the largest phone cameras give 108 million) a file is taken for a decompression bomb and refused. */
export const MAX_PIXELS = 128_000_000;

/** @throws Error when a file's header gives no size, or too large a one */
export function requireSize(width: number, height: number): void {
  if (!(width > 0 && height > 0)) throw new Error('its header gives no size');
  if (width * height > MAX_PIXELS) throw new Error(TOO_LARGE);
}

export const TOO_LARGE = `it has more than ${MAX_PIXELS / 1e6} million pixels`;
