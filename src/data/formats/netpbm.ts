/**
 * Netpbm images, which sharp's libvips does not read: PBM, PGM and PPM, plain and raw (P1 to P6), and PAM (P7). Of several images in a
 * file, the first. Format: netpbm.sourceforge.net/doc/pnm.html and pam.html. Values are Pillow's to the bit, except that gray of more than
 * 8 bits keeps its upper byte, where Pillow clips it to white.
 */
import type { Image } from '../image.js';
import { overWhite } from './alpha.js';
import { requireSize } from './limits.js';

interface Header {
  readonly width: number;
  readonly height: number;
  /** Samples of a pixel: 1 or 3 colors, and perhaps an alpha value. */
  readonly depth: number;
  readonly hasAlpha: boolean;
  readonly mostValue: number;
  readonly layout: 'text' | 'bits' | 'samples';
  /** PBM: 1 is black. */
  readonly isBitmap: boolean;
  /** Where the samples begin. */
  readonly start: number;
}

/** @throws Error with the reason when the file is truncated, damaged, unsupported or too large */
export function decodeNetpbm(file: Buffer): Image {
  const header = file[1] === 0x37 ? readPamHeader(file) : readPnmHeader(file);
  const { width, height, depth, hasAlpha } = header;
  requireSize(width, height);
  const scale = scaleOf(header);
  const length = width * height * depth;
  const samples = new Uint8Array(length);
  const read = { text: readText, bits: readBits, samples: readSamples }[header.layout];
  read(file, header, (index, value) => {
    samples[index] = scale[value] ?? 255;
  });
  if (!hasAlpha) return { width, height, channels: depth === 3 ? 3 : 1, data: samples };
  return { width, height, channels: depth === 4 ? 3 : 1, data: overWhite(samples, depth - 1) };
}

/** Calls `put` for every sample. */
type ReadSamples = (file: Buffer, header: Header, put: (index: number, value: number) => void) => void;

const readSamples: ReadSamples = (file, { width, height, depth, mostValue, start }, put) => {
  const bytes = mostValue > 255 ? 2 : 1;
  const length = width * height * depth;
  if (start + length * bytes > file.length) throw new Error(TRUNCATED);
  for (let index = 0; index < length; index++) {
    put(index, bytes === 1 ? (file[start + index] as number) : file.readUInt16BE(start + 2 * index));
  }
};

const readBits: ReadSamples = (file, { width, height, start }, put) => {
  const rowBytes = Math.ceil(width / 8);
  if (start + rowBytes * height > file.length) throw new Error(TRUNCATED);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = file[start + y * rowBytes + (x >> 3)] as number;
      put(y * width + x, (byte >> (7 - (x & 7))) & 1);
    }
  }
};

const readText: ReadSamples = (file, { width, height, depth, mostValue, isBitmap, start }, put) => {
  const text = file.toString('latin1', start).replace(/#[^\r\n]*/g, '');
  // The digits of a plain PBM need no space between them.
  const words = text.matchAll(isBitmap ? /[^\s]/g : /[^\s]+/g);
  const length = width * height * depth;
  for (let index = 0; index < length; index++) {
    const { value: word, done } = words.next();
    if (done) throw new Error(TRUNCATED);
    if (!/^\d{1,5}$/.test(word[0]) || Number(word[0]) > mostValue) {
      throw new Error(`the file is damaged (${word[0].slice(0, 10)} is not a number from 0 to ${mostValue})`);
    }
    put(index, Number(word[0]));
  }
};

const TRUNCATED = 'the file is truncated';

function readPnmHeader(file: Buffer): Header {
  const kind = Number(file.toString('latin1', 1, 2));
  const isBitmap = kind === 1 || kind === 4;
  const layout = kind <= 3 ? 'text' : isBitmap ? 'bits' : 'samples';
  let place = 2;
  const next = (): number => {
    const found = /^(?:\s|#[^\r\n]*[\r\n])*(\d{1,10})(?=[\s#]|$)/.exec(file.toString('latin1', place, place + 4096));
    if (found?.[1] === undefined) throw new Error('its header is damaged');
    place += found[0].length;
    return Number(found[1]);
  };
  const [width, height] = [next(), next()];
  const mostValue = isBitmap ? 1 : next();
  requireMostValue(mostValue);
  // One white space ends the header; a comment may stand before it.
  const comment = /^#[^\r\n]*/.exec(file.toString('latin1', place, place + 4096))?.[0] ?? '';
  const depth = kind % 3 === 0 ? 3 : 1;
  const start = place + comment.length + 1;
  return { width, height, depth, hasAlpha: false, mostValue, layout, isBitmap: isBitmap, start };
}

const TUPLE_TYPES: Readonly<Record<string, { readonly depth: number; readonly hasAlpha: boolean }>> = {
  BLACKANDWHITE: { depth: 1, hasAlpha: false },
  GRAYSCALE: { depth: 1, hasAlpha: false },
  RGB: { depth: 3, hasAlpha: false },
  BLACKANDWHITE_ALPHA: { depth: 2, hasAlpha: true },
  GRAYSCALE_ALPHA: { depth: 2, hasAlpha: true },
  RGB_ALPHA: { depth: 4, hasAlpha: true },
};

function readPamHeader(file: Buffer): Header {
  const text = file.toString('latin1', 0, 65_536);
  const end = /^ENDHDR[^\n]*\n/m.exec(text);
  if (end === null) throw new Error('its header is damaged');
  const fields = new Map<string, string>();
  for (const line of text.slice(3, end.index).split('\n')) {
    const [, key, value] = /^\s*([A-Z]+)\s+(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) fields.set(key, value);
  }
  const number = (key: string): number => {
    const value = fields.get(key);
    if (value === undefined || !/^\d{1,10}$/.test(value)) throw new Error('its header is damaged');
    return Number(value);
  };
  const depth = number('DEPTH');
  const name = fields.get('TUPLTYPE');
  const type = TUPLE_TYPES[name ?? ''];
  if (type === undefined || type.depth !== depth) {
    const kind = name === undefined ? 'without a tuple type' : `of tuple type ${name}`;
    throw new Error(`a PAM image ${kind} with ${depth} channels is not supported`);
  }
  const mostValue = number('MAXVAL');
  requireMostValue(mostValue);
  const start = end.index + end[0].length;
  return {
    width: number('WIDTH'),
    height: number('HEIGHT'),
    ...type,
    mostValue,
    layout: 'samples',
    isBitmap: false,
    start,
  };
}

function requireMostValue(most: number): void {
  if (most < 1 || most > 65_535) throw new Error(`its header gives ${most} as the largest value`);
}

/** What each value becomes in 8 bits. */
function scaleOf({ mostValue, depth, isBitmap }: Header): Uint8Array {
  const isDeepGray = mostValue > 255 && depth <= 2;
  return Uint8Array.from({ length: mostValue + 1 }, (_, value) => {
    if (isDeepGray) return roundHalfToEven((value / mostValue) * 65_535) >> 8;
    return roundHalfToEven(((isBitmap ? mostValue - value : value) / mostValue) * 255);
  });
}

/** As Python rounds. */
function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}
