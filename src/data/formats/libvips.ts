/** Decoding by sharp's libvips: PNG, JPEG, WebP, GIF and AVIF. */
import { isMainThread } from 'node:worker_threads';
import sharp, { type Sharp } from 'sharp';
import { errorMessage } from '../../errors/errorMessage.js';
import type { Image } from '../image.js';
import { MAX_DECODED_PIXELS, MAX_PIXELS, TOO_LARGE } from './limits.js';

// Anything else that libvips could open (SVG, PDF, ...) is no photograph, and some of it is code to run on a stranger's file. What is blocked
// is so for the whole process: a thread that did this again would, for a moment, forbid the others every format.
if (isMainThread) {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'].map((format) => `VipsForeignLoad${format}`),
  });
}

/** What the pixels are decoded to: RGB (or gray), with transparent parts white, or the inks as they are in the file. */
export type Space = 'srgb' | 'cmyk';

/** @throws Error with the reason, as the end of a sentence */
export function decodeByLibvips(file: Buffer, space: Space = 'srgb'): Promise<Image> {
  return withReason(() =>
    pixelsOf(opened(file, MAX_DECODED_PIXELS), space).catch((error: unknown) => {
      if (!isTooLarge(error)) throw error;
      return decodeReduced(file, space);
    }),
  );
}

/**
 * Turns what libvips says into the end of a sentence. It writes its reasons into one place for all threads: of two files that fail together,
 * one may lose its reason, and is decoded again.
 */
export async function withReason<T>(decode: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await decode();
    } catch (error) {
      const reason = isTooLarge(error) ? TOO_LARGE : decoderReason(error);
      if (reason !== NO_REASON || attempt === ATTEMPTS) throw new Error(reason);
    }
  }
}

const NO_REASON = 'the file is damaged';
const ATTEMPTS = 5;

/** Pixels that were decoded without libvips, within the same bound as all others. */
export async function reduced(image: Image): Promise<Image> {
  const { width, height, data } = image;
  if (width * height <= MAX_DECODED_PIXELS) return image;
  const channels = image.channels === 1 ? 1 : 3;
  return reduce(sharp(data, { raw: { width, height, channels }, limitInputPixels: MAX_PIXELS }), image, 'srgb');
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && error.message.includes('exceeds pixel limit');
}

async function decodeReduced(file: Buffer, space: Space): Promise<Image> {
  const large = opened(file, MAX_PIXELS);
  return reduce(large, (await large.metadata()).autoOrient, space);
}

function reduce(
  large: Sharp,
  { width, height }: { readonly width: number; readonly height: number },
  space: Space,
): Promise<Image> {
  const reduction = Math.sqrt(MAX_DECODED_PIXELS / (width * height));
  return pixelsOf(
    large.resize({
      width: Math.max(1, Math.floor(width * reduction)),
      height: Math.max(1, Math.floor(height * reduction)),
      fit: 'fill',
      kernel: 'cubic',
    }),
    space,
  );
}

function opened(file: Buffer, limitInputPixels: number): Sharp {
  // 'error' refuses truncated and broken files, and lets pass the harmless warnings that many cameras' files give.
  return sharp(file, { limitInputPixels, failOn: 'error', ignoreIcc: true, sequentialRead: true }).autoOrient();
}

async function pixelsOf(image: Sharp, space: Space): Promise<Image> {
  const colors =
    space === 'cmyk'
      ? image.pipelineColourspace('cmyk').toColourspace('cmyk')
      : image.flatten({ background: '#ffffff' }).toColourspace('srgb');
  const { data, info } = await colors.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels: info.channels, data };
}

/** What libvips said, as the end of a sentence for people. It names stage and reader before the reason, and may take several lines. */
function decoderReason(error: unknown): string {
  const message = errorMessage(error);
  const said = message
    .replace(/^Input buffer (has corrupt header:|contains unsupported image format)/, '')
    .split('\n')
    .map((line) => line.replace(/^[\s\w]+:\s/, '').trim())
    .find((line) => line !== '');
  if (said === undefined || said.includes('Unknown error')) return NO_REASON;
  if (/premature end|unexpected end|not enough data/i.test(said)) return `the file is truncated (${said})`;
  return `the file is ${/read error|bad seek/i.test(said) ? 'truncated or damaged' : 'damaged'} (${said})`;
}
