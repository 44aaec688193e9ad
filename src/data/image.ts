/** Decoding of image files to plain 8-bit pixels. */
import { readFile, stat } from 'node:fs/promises';
import { luma } from './colorJitter.js';
import { decodeAvif } from './formats/avif.js';
import { decodeBmp, decodeDib } from './formats/bmp.js';
import { decodeGif } from './formats/gif.js';
import { decodeJpeg } from './formats/jpeg.js';
import { kindOf } from './formats/kind.js';
import { decodeByLibvips, reduced } from './formats/libvips.js';
import { decodeNetpbm } from './formats/netpbm.js';
import { decodeTiff } from './formats/tiff.js';
import { UnreadableItemError } from './modality.js';

/** Decoded pixels, [height, width, channels], 8-bit; 3 channels are sRGB, 1 is ITU-R 601 luma. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** An image that cannot be read: training skips it and goes on, a command about it says so. */
export class UnreadableImageError extends UnreadableItemError {
  constructor(image: string, reason: string) {
    super(image, reason, `The image ${image} cannot be read: ${reason}.`);
  }
}

/** Channels that an image file can be decoded to. */
const IMAGE_CHANNELS: readonly number[] = [1, 3];

/** @throws Error when image files cannot give that many channels */
export function requireImageChannels(channels: number): void {
  if (!IMAGE_CHANNELS.includes(channels)) {
    throw new Error(`in_chans is ${channels}, but image files give 3 channels (color) or 1 (gray).`);
  }
}

/** A file is read as a whole. Larger files, larger than uncompressed TIFFs of the largest images, are rejected. */
const MAX_FILE_BYTES = 2 ** 30;
/**
 * Reads a PNG, JPEG, WebP, GIF, BMP, TIFF, Netpbm or AVIF file (told by its contents, not its name). The reference is Pillow's
 * `convert("RGB")`, which torchvision's loader calls and published weights were trained with: embedded color profiles are ignored, CMYK
 * becomes RGB by Pillow's rule, and of several frames or pages the first counts. Deliberately otherwise:
 * - EXIF orientation is applied (by Pillow for TIFF alone).
 * - Transparent parts become white: drawings are made for paper, and their black outlines would drown in black.
 * - Gray of 9 to 16 bits keeps its upper 8, where Pillow clips it to white.
 * - What has no known range or meaning (floating-point samples, 13 bands) is refused, by what it is.
 * Decoded values are equal to the bit but for: transparency (1 of 255), YCbCr in TIFF (3), CIELAB (5, where sRGB has the color), and AVIF (3;
 * more at edges of colors where chroma is subsampled, which is interpolated otherwise).
 *
 * @param name how errors call it
 * @param channels 3 for RGB, 1 for luma
 * @throws UnreadableImageError
 */
export async function readImage(path: string, name: string, channels: number): Promise<Image> {
  requireImageChannels(channels);
  try {
    await requireImageFile(path);
    const file = await readFile(path);
    if (file.length === 0) throw new Error('the file is empty');
    return withChannels(await decode(file), channels);
  } catch (error) {
    throw new UnreadableImageError(name, reasonOf(error));
  }
}

/** A pipe or a device could be waited for without end. */
async function requireImageFile(path: string): Promise<void> {
  const entry = await stat(path);
  if (entry.isDirectory()) throw new Error('it is a folder');
  if (!entry.isFile()) throw new Error('it is not a regular file');
  if (entry.size > MAX_FILE_BYTES) throw new Error(`the file is larger than ${MAX_FILE_BYTES / 2 ** 20} MB`);
}

/** The same pixels with the number of channels asked for (1 or 3). */
export function withChannels(image: Image, channels: number): Image {
  if (image.channels === channels) return image;
  return channels === 1 ? toLuma(image) : toRgb(image);
}

/** Decodes by what the file is. */
async function decode(file: Buffer): Promise<Image> {
  const kind = kindOf(file);
  switch (kind) {
    case 'jpeg':
      return decodeJpeg(file);
    case 'tiff':
      return reduced(await decodeTiff(file));
    case 'bmp':
      return reduced(decodeBmp(file));
    case 'dib':
      return reduced(decodeDib(file));
    case 'netpbm':
      return reduced(decodeNetpbm(file));
    case 'gif':
      return decodeGif(file);
    case 'avif':
      return decodeAvif(file);
    default:
      return decodeByLibvips(file);
  }
}

function toRgb(image: Image): Image {
  const { width, height, data } = image;
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0, to = 0; pixel < width * height; pixel++) {
    const gray = data[pixel] as number;
    rgb[to++] = gray;
    rgb[to++] = gray;
    rgb[to++] = gray;
  }
  return { width, height, channels: 3, data: rgb };
}

function toLuma(image: Image): Image {
  const { width, height, data } = image;
  const gray = new Uint8Array(width * height);
  for (let pixel = 0, from = 0; pixel < gray.length; pixel++, from += 3) {
    gray[pixel] = luma(data[from] as number, data[from + 1] as number, data[from + 2] as number);
  }
  return { width, height, channels: 1, data: gray };
}

/** What kept a file from being read, as the end of a sentence for people. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'the file is no longer there';
  if (code === 'EACCES' || code === 'EPERM') return 'you may not read the file';
  return error.message;
}
