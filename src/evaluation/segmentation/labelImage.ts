/** PNGs whose values are labels: those of VOC and DAVIS have palettes, whose colors mean nothing. */
import { readFile } from 'node:fs/promises';
import { decode, encode } from 'fast-png';
import { errorMessage } from '../../errors/errorMessage.js';
import { fileProblem } from '../../files/fileProblem.js';
import { VOID } from './jaccard.js';

export interface LabelImage {
  readonly width: number;
  readonly height: number;
  /** [height, width]; 255 is void. */
  readonly labels: Uint8Array;
  /** A color for each label, where the file has any. */
  readonly palette?: Palette;
}

/** RGB by label. */
type Palette = readonly (readonly [red: number, green: number, blue: number])[];

/** VOC's, which DAVIS has, too: the bits of a label are spread over red, green and blue, the upper bits of each first. */
const VOC_PALETTE: Palette = Array.from({ length: 256 }, (_, label) => {
  const color = [0, 1, 2].map((channel) => {
    let value = 0;
    for (let bit = 0; bit < 3; bit++) value |= ((label >> (3 * bit + channel)) & 1) << (7 - bit);
    return value;
  });
  return [color[0] as number, color[1] as number, color[2] as number] as const;
});

/** The labels as a PNG with a palette. @param palette absent: VOC's; labels beyond it have VOC's colors, too */
export function labelPng({ labels, width, height, palette = [] }: LabelImage): Uint8Array {
  const colors = VOC_PALETTE.map((color, label): [number, number, number] => [...(palette[label] ?? color)]);
  return encode({ width, height, data: labels, channels: 1, depth: 8, palette: colors });
}

/** @throws Error with one sentence that names the file, when it cannot be read or holds colors */
export async function readLabels(path: string): Promise<LabelImage> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new Error(`The mask ${path} cannot be read: ${fileProblem(error)}.`);
  });
  const png = decoded(bytes, path);
  const { width, height, channels, depth, data, palette } = png;
  if (channels !== 1 || depth === 16)
    throw new Error(`The mask ${path} has colors or 16 bits: a mask is a PNG of labels, one byte or less each.`);
  const labels = depth === 8 ? Uint8Array.from(data) : unpacked(data, width, height, depth);
  const colors = palette?.map(([red = 0, green = 0, blue = 0]) => [red, green, blue] as const);
  return { width, height, labels, ...(colors && { palette: colors }) };
}

/** Whether a mask has nothing but 0 and 255, as masks of one object often have: then 255 is the object and not void. */
export const isBlackAndWhite = ({ labels }: Pick<LabelImage, 'labels'>): boolean =>
  labels.includes(VOID) && labels.every((label) => label === 0 || label === VOID);

/** 1 for white. */
export const whiteAsObject = (mask: LabelImage): LabelImage => ({
  ...mask,
  labels: mask.labels.map((label) => (label === VOID ? 1 : label)),
});

/** What a person is told of such a mask. */
export const whiteIsObject = (path: string): string =>
  `The mask ${path} has no values but 0 and 255, so 255 is the object and not void.`;

function decoded(bytes: Uint8Array, path: string) {
  try {
    return decode(bytes);
  } catch (error) {
    throw new Error(`The mask ${path} is no PNG that can be read: ${errorMessage(error)}.`);
  }
}

/** Several labels share a byte, the first in its upper bits; each row begins with a byte of its own. */
function unpacked(data: ArrayLike<number>, width: number, height: number, depth: number): Uint8Array {
  const perByte = 8 / depth;
  const rowBytes = Math.ceil(width / perByte);
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const [row, column] = [Math.floor(i / width), i % width];
    const byte = data[row * rowBytes + Math.floor(column / perByte)] as number;
    return (byte >> (8 - depth * ((column % perByte) + 1))) & (2 ** depth - 1);
  });
}
