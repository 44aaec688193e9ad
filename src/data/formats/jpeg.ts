/** JPEG images. What a frame holds is read before it is decoded: libvips would convert inks by a press of its own. */
import type { Image } from '../image.js';
import { cmykToRgb } from './colorSpaces.js';
import { decodeByLibvips } from './libvips.js';

/** @throws Error with the reason, as the end of a sentence */
export async function decodeJpeg(file: Buffer): Promise<Image> {
  const frame = frameOf(file);
  if (frame !== undefined) requireSupported(frame);
  if (frame?.components !== 4) return decodeByLibvips(file);
  const { width, height, data } = await decodeByLibvips(file, 'cmyk');
  return { width, height, channels: 3, data: cmykToRgb(data, 4) };
}

interface Frame {
  /** The number of its marker, SOF0 to SOF15. */
  readonly process: number;
  readonly bits: number;
  readonly components: number;
}

/** The header of the (first) frame. Undefined where the file is so damaged that there is none. */
function frameOf(file: Buffer): Frame | undefined {
  for (let at = 2; at + 10 < file.length; ) {
    if (file[at] !== 0xff) return undefined;
    const marker = file[at + 1] as number;
    if (marker === 0xff) {
      at++;
      continue;
    }
    // C4, C8 and CC are among the numbers of frames, but are tables.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { process: marker - 0xc0, bits: file[at + 4] as number, components: file[at + 9] as number };
    }
    at += 2 + file.readUInt16BE(at + 2);
  }
  return undefined;
}

function requireSupported({ process, bits, components }: Frame): void {
  // Huffman or arithmetic codes, sequential or progressive.
  if (![0, 1, 2, 9, 10].includes(process)) {
    const name = process % 4 === 3 ? 'lossless' : 'hierarchical';
    throw new Error(`a ${name} JPEG is not supported`);
  }
  if (bits !== 8) throw new Error(`a JPEG of ${bits}-bit samples is not supported`);
  if (![1, 3, 4].includes(components)) throw new Error(`a JPEG of ${components} components is not supported`);
}
