/**
 * Attention over a picture, as pixels. Pure: no DOM, so that it is tested as it is.
 * After facebookresearch/dino's visualize_attention.py: a heat map a head, or the patches that keep a share of the mass.
 */
import { interpolateInferno, interpolateMagma, interpolatePlasma, interpolateViridis } from 'd3-scale-chromatic';
import type { AttentionMaps } from '../../src/attention/attentionMaps.js';
import { attentionMask } from '../../src/attention/attentionMask.js';

export const COLOUR_MAPS = ['inferno', 'viridis', 'magma', 'plasma', 'gray'] as const;
export type ColourMap = (typeof COLOUR_MAPS)[number];

export interface OverlayOptions {
  /** `heat`: every patch by its attention. `mask`: the fewest patches that keep `share` of the mass. */
  readonly kind: 'heat' | 'mask';
  /** 0 shows the picture alone, 1 the overlay alone. */
  readonly opacity: number;
  /** Above 0, at most 1. */
  readonly share: number;
  readonly colourMap: ColourMap;
  /** Bilinear instead of nearest, for heat maps. */
  readonly isSmooth: boolean;
}

/** What is shown over the picture: one head's attention, or the mean of all. [rows * columns] */
export function attentionOf(maps: AttentionMaps, head: number | 'mean'): Float32Array {
  const { heads, rows, columns, attention } = maps;
  const patches = rows * columns;
  if (head !== 'mean') return attention.slice(head * patches, (head + 1) * patches);
  const mean = new Float32Array(patches);
  for (let patch = 0; patch < patches; patch++) {
    let sum = 0;
    for (let h = 0; h < heads; h++) sum += attention[h * patches + patch] ?? 0;
    mean[patch] = sum / heads;
  }
  return mean;
}

/** 1 for the fewest patches that keep `share` of one map's mass, else 0; `values` need not sum to 1. */
export const keepMass = (values: Float32Array, share: number): Uint8Array => attentionMask(values, 1, share);

/** From the least (0) to the most (1), as matplotlib's imsave does; all 0 where nothing differs. */
export function normalized(values: Float32Array): Float32Array {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const range = most - least;
  return values.map((value) => (range > 0 ? (value - least) / range : 0));
}

interface Grid {
  readonly rows: number;
  readonly columns: number;
}
interface Size {
  readonly width: number;
  readonly height: number;
}

/** Each pixel has the value of the patch that it lies in. [rows * columns] -> [height * width] */
export function upsampleNearest(
  values: ArrayLike<number>,
  { rows, columns }: Grid,
  { width, height }: Size,
): Float32Array {
  const pixels = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height);
    for (let x = 0; x < width; x++) {
      pixels[y * width + x] = values[row * columns + Math.floor((x * columns) / width)] ?? 0;
    }
  }
  return pixels;
}

/** Between the centers of the patches linearly, outside them constant (PyTorch's align_corners=False). */
export function upsampleBilinear(
  values: ArrayLike<number>,
  { rows, columns }: Grid,
  { width, height }: Size,
): Float32Array {
  const pixels = new Float32Array(width * height);
  const across = Array.from({ length: width }, (_, x) => between(x, width, columns));
  for (let y = 0; y < height; y++) {
    const down = between(y, height, rows);
    for (let x = 0; x < width; x++) {
      const { low: left, high: right, part } = across[x] ?? { low: 0, high: 0, part: 0 };
      const mix = (row: number) =>
        (values[row * columns + left] ?? 0) * (1 - part) + (values[row * columns + right] ?? 0) * part;
      pixels[y * width + x] = mix(down.low) * (1 - down.part) + mix(down.high) * down.part;
    }
  }
  return pixels;
}

/** The two patches that a pixel lies between, and how far it is from the lower to the higher. */
function between(pixel: number, pixels: number, patches: number) {
  const place = Math.min(Math.max(((pixel + 0.5) * patches) / pixels - 0.5, 0), patches - 1);
  const low = Math.floor(place);
  return { low, high: Math.min(low + 1, patches - 1), part: place - low };
}

const SHADES = 256;
const INTERPOLATORS: Readonly<Record<Exclude<ColourMap, 'gray'>, (t: number) => string>> = {
  inferno: interpolateInferno,
  viridis: interpolateViridis,
  magma: interpolateMagma,
  plasma: interpolatePlasma,
};

/** 256 colours from the least to the most, RGB. */
export function colourTable(name: ColourMap): Uint8Array {
  const table = new Uint8Array(SHADES * 3);
  for (let shade = 0; shade < SHADES; shade++) {
    const colour = name === 'gray' ? [shade, shade, shade] : fromHex(INTERPOLATORS[name](shade / (SHADES - 1)));
    table.set(colour, shade * 3);
  }
  return table;
}

const fromHex = (hex: string): number[] => [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16));

/** How much of a pixel's light stays where a mask leaves it out, at opacity 1. */
const SHADOW = 0.12;

/** The picture with its overlay, RGBA, [height, width, 4]. */
export function paintOverlay(
  maps: AttentionMaps,
  head: number | 'mean',
  { kind, opacity, share, colourMap, isSmooth }: OverlayOptions,
): Uint8ClampedArray<ArrayBuffer> {
  const { picture, width, height } = maps;
  const values = attentionOf(maps, head);
  const painted = new Uint8ClampedArray(width * height * 4);
  const table = colourTable(colourMap);
  const mask = kind === 'mask' ? upsampleNearest(keepMass(values, share), maps, maps) : undefined;
  const heat = mask ? undefined : (isSmooth ? upsampleBilinear : upsampleNearest)(normalized(values), maps, maps);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const shade = Math.round((heat?.[pixel] ?? 0) * (SHADES - 1)) * 3;
    for (let channel = 0; channel < 3; channel++) {
      const light = picture[pixel * 3 + channel] ?? 0;
      const over = mask ? light * (mask[pixel] === 1 ? 1 : SHADOW) : (table[shade + channel] ?? 0);
      painted[pixel * 4 + channel] = light * (1 - opacity) + over * opacity;
    }
    painted[pixel * 4 + 3] = 255;
  }
  return painted;
}
