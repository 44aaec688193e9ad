/**
 * GIF images. Where the first frame covers a part of the screen and nothing is transparent, libvips leaves the rest black; as by Pillow, it
 * gets the first color of the frame's palette.
 */
import type { Image } from '../image.js';
import { decodeByLibvips } from './libvips.js';

/** @throws Error with the reason, as the end of a sentence */
export async function decodeGif(file: Buffer): Promise<Image> {
  const image = await decodeByLibvips(file);
  const first = firstFrameOf(file);
  return first === undefined ? image : withBackground(image, first);
}

interface FirstFrame {
  readonly screenWidth: number;
  readonly screenHeight: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly background: readonly number[];
}

const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const IMAGE = 0x2c;

/** The first frame, when it is opaque and smaller than the screen. */
function firstFrameOf(file: Buffer): FirstFrame | undefined {
  const screenWidth = file.readUInt16LE(6);
  const screenHeight = file.readUInt16LE(8);
  const globalBytes = paletteBytes(file[10] as number);
  let at = 13 + globalBytes;
  while (file[at] === EXTENSION) {
    const isTransparent = file[at + 1] === GRAPHIC_CONTROL && ((file[at + 3] as number) & 1) === 1;
    if (isTransparent) return undefined;
    at += 2;
    // Blocks of data, each behind its length, up to an empty one.
    while (at < file.length && file[at] !== 0) at += 1 + (file[at] as number);
    at++;
  }
  if (file[at] !== IMAGE || at + 10 > file.length) return undefined;
  const [left, top, width, height] = [1, 3, 5, 7].map((offset) => file.readUInt16LE(at + offset)) as [
    number,
    number,
    number,
    number,
  ];
  if (left === 0 && top === 0 && width >= screenWidth && height >= screenHeight) return undefined;
  // The frame's own palette, or the one for all frames.
  const palette = paletteBytes(file[at + 9] as number) > 0 ? at + 10 : 13;
  const background = [...file.subarray(palette, palette + 3)];
  return { screenWidth, screenHeight, left, top, width, height, background };
}

const paletteBytes = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1));

function withBackground(image: Image, frame: FirstFrame): Image {
  const { width, height, channels, data } = image;
  // An image that was reduced has smaller pixels.
  const across = frame.screenWidth / width;
  const down = frame.screenHeight / height;
  const pixels = Uint8Array.from(data);
  for (let y = 0, at = 0; y < height; y++) {
    const row = y * down - frame.top;
    for (let x = 0; x < width; x++, at += channels) {
      const column = x * across - frame.left;
      if (row >= 0 && row < frame.height && column >= 0 && column < frame.width) continue;
      for (let channel = 0; channel < channels; channel++) pixels[at + channel] = frame.background[channel] as number;
    }
  }
  return { ...image, data: pixels };
}
