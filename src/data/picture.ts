/** Decoding of picture files to plain 8-bit pixels. */
import { readFile, stat } from 'node:fs/promises';
import { isMainThread } from 'node:worker_threads';
import sharp, { type Sharp } from 'sharp';
import { decodeBmp, isBmp } from './bmp.js';
import { luma } from './colorJitter.js';

/** Decoded pixels, [height, width, channels], 8-bit; 3 channels are sRGB, 1 is ITU-R 601 luma. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** A picture that cannot be read: training skips it and goes on, a command about it says so. */
export class UnreadablePictureError extends Error {
  constructor(
    readonly picture: string,
    readonly reason: string,
  ) {
    super(`The picture ${picture} cannot be read: ${reason}.`);
  }
}

/** Channels that a picture file can be decoded to. */
export const PICTURE_CHANNELS: readonly number[] = [1, 3];

/** @throws Error when picture files cannot give that many channels */
export function requirePictureChannels(channels: number): void {
  if (!PICTURE_CHANNELS.includes(channels)) {
    throw new Error(`in_chans is ${channels}, but picture files give 3 channels (colour) or 1 (gray).`);
  }
}

/**
 * A picture is decoded to at most so many pixels; a larger one is reduced while it is decoded. At 16 million, even the smallest local crop
 * (5 % of the area) is still read from several times the pixels that it gets, so nothing is lost, and memory stays bounded.
 */
const MAX_DECODED_PIXELS = 16_000_000;
/** A file is read as a whole: more than this, which uncompressed TIFFs of the largest pictures have, is none. */
const MAX_FILE_BYTES = 2 ** 30;
/** Above this (the largest phone cameras give 108 million) a file is taken for a decompression bomb and refused. */
const MAX_PIXELS = 128_000_000;

// Anything else that libvips could open (SVG, PDF, ...) is no photograph, and some of it is code to run on a stranger's file. What is blocked
// is so for the whole process: a thread that did this again would, for a moment, forbid the others every format.
if (isMainThread) {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff'].map((format) => `VipsForeignLoad${format}`),
  });
}

/**
 * Reads a PNG, JPEG, WebP, GIF, BMP or TIFF file (told by its contents, not its name): EXIF orientation applied, first frame or page of
 * several, 16 bits and CMYK brought to 8-bit sRGB. Embedded colour profiles are ignored, as by Pillow, with which the published weights
 * were trained. Transparent parts become white: drawings are made for paper, and their black outlines would drown in black.
 *
 * @param name how errors call it
 * @param channels 3 for RGB, 1 for luma
 * @throws UnreadablePictureError
 */
export async function readPicture(path: string, name: string, channels: number): Promise<Picture> {
  requirePictureChannels(channels);
  try {
    await requirePictureFile(path);
    const file = await readFile(path);
    if (file.length === 0) throw new Error('the file is empty');
    const picture = isBmp(file) ? await reduced(decodeBmp(file, MAX_PIXELS)) : await decode(file);
    return channels === 1 ? toLuma(picture) : picture;
  } catch (error) {
    throw new UnreadablePictureError(name, reasonOf(error));
  }
}

/** A pipe or a device could be waited for without end. */
async function requirePictureFile(path: string): Promise<void> {
  const entry = await stat(path);
  if (entry.isDirectory()) throw new Error('it is a folder');
  if (!entry.isFile()) throw new Error('it is not a regular file');
  if (entry.size > MAX_FILE_BYTES) throw new Error(`the file is larger than ${MAX_FILE_BYTES / 2 ** 20} MB`);
}

/** The same pixels with the number of channels asked for (1 or 3). */
export function withChannels(picture: Picture, channels: number): Picture {
  if (picture.channels === channels) return picture;
  return channels === 1 ? toLuma(picture) : toRgb(picture);
}

async function decode(file: Buffer): Promise<Picture> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await decodeOnce(file);
    } catch (error) {
      const isReasonLost = error instanceof Error && error.message === NO_REASON;
      if (!isReasonLost || attempt === ATTEMPTS) throw error;
    }
  }
}

/** libvips writes its reasons into one place for all threads: of two files that fail together, one may lose its reason. */
const NO_REASON = 'the file is damaged';
const ATTEMPTS = 5;

async function decodeOnce(file: Buffer): Promise<Picture> {
  try {
    return await pixelsOf(opened(file, MAX_DECODED_PIXELS)).catch((error: unknown) => {
      if (!isTooLarge(error)) throw error;
      return decodeReduced(file);
    });
  } catch (error) {
    throw new Error(isTooLarge(error) ? `it has more than ${MAX_PIXELS / 1e6} million pixels` : decoderReason(error));
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && error.message.includes('exceeds pixel limit');
}

async function decodeReduced(file: Buffer): Promise<Picture> {
  const large = opened(file, MAX_PIXELS);
  return reduce(large, (await large.metadata()).autoOrient);
}

/** Pixels that were decoded without libvips, within the same bound as all others. */
async function reduced(picture: Picture): Promise<Picture> {
  const { width, height, data } = picture;
  if (width * height <= MAX_DECODED_PIXELS) return picture;
  const raw = { width, height, channels: 3 } as const;
  return reduce(sharp(data, { raw, limitInputPixels: MAX_PIXELS }), picture);
}

function reduce(
  large: Sharp,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<Picture> {
  const reduction = Math.sqrt(MAX_DECODED_PIXELS / (width * height));
  return pixelsOf(
    large.resize({
      width: Math.max(1, Math.floor(width * reduction)),
      height: Math.max(1, Math.floor(height * reduction)),
      fit: 'fill',
      kernel: 'cubic',
    }),
  );
}

function opened(file: Buffer, limitInputPixels: number): Sharp {
  // 'error' refuses truncated and broken files, and lets pass the harmless warnings that many cameras' files give.
  return sharp(file, { limitInputPixels, failOn: 'error', ignoreIcc: true, sequentialRead: true }).autoOrient();
}

async function pixelsOf(image: Sharp): Promise<Picture> {
  const { data, info } = await image
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return withChannels({ width: info.width, height: info.height, channels: info.channels, data }, 3);
}

function toRgb(picture: Picture): Picture {
  const { width, height, data } = picture;
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0, to = 0; pixel < width * height; pixel++) {
    const gray = data[pixel] as number;
    rgb[to++] = gray;
    rgb[to++] = gray;
    rgb[to++] = gray;
  }
  return { width, height, channels: 3, data: rgb };
}

function toLuma(picture: Picture): Picture {
  const { width, height, data } = picture;
  const gray = new Uint8Array(width * height);
  for (let pixel = 0, from = 0; pixel < gray.length; pixel++, from += 3) {
    gray[pixel] = luma(data[from] as number, data[from + 1] as number, data[from + 2] as number);
  }
  return { width, height, channels: 1, data: gray };
}

/** What libvips said, as the end of a sentence for people. It names stage and reader before the reason, and may take several lines. */
function decoderReason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes('unsupported image format')) return 'it is not a PNG, JPEG, WebP, GIF, BMP or TIFF picture';
  const said = message
    .replace(/^Input buffer has corrupt header:/, '')
    .split('\n')
    .map((line) => line.replace(/^[\s\w]+:\s/, '').trim())
    .find((line) => line !== '');
  if (said === undefined || said.includes('Unknown error')) return NO_REASON;
  return /premature end|unexpected end|read error/i.test(said)
    ? `the file is truncated (${said})`
    : `the file is damaged (${said})`;
}

/** What kept a file from being read, as the end of a sentence for people. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'the file is no longer there';
  if (code === 'EACCES' || code === 'EPERM') return 'you may not read the file';
  return error.message;
}
