/**
 * Attention over an image, patch by patch. Pure: no DOM, so that it is tested as it is.
 * After facebookresearch/dino's visualize_attention.py: a heat map a head, or the patches that keep a share of the mass.
 */
import { interpolateInferno, interpolateMagma, interpolatePlasma, interpolateViridis } from 'd3-scale-chromatic';
import { attentionMask } from '../../src/attention/attentionMask.js';

export const COLOR_MAPS = ['inferno', 'viridis', 'magma', 'plasma', 'gray'] as const;
export type ColorMap = (typeof COLOR_MAPS)[number];

export interface OverlayOptions {
  /** `heat`: every patch by its attention. `mask`: the fewest patches that keep `share` of the mass. */
  readonly kind: 'heat' | 'mask';
  /** 0 shows the image alone, 1 the overlay alone. */
  readonly opacity: number;
  /** Above 0, at most 1. */
  readonly share: number;
  readonly colorMap: ColorMap;
  /** What the ends of the colors stand for; absent: the least and the most of the values. */
  readonly range?: readonly [least: number, most: number];
}

/** 1 for the fewest patches that keep `share` of one map's mass, else 0; `values` need not sum to 1. */
export const keepMass = (values: Float32Array, share: number): Uint8Array => attentionMask(values, 1, share);

/** From the least (0) to the most (1), as matplotlib's imsave does; all 0 where nothing differs. */
export function normalized(values: Float32Array, ends = endsOf(values)): Float32Array {
  const [least, most] = ends;
  const range = most - least;
  return values.map((value) => (range > 0 ? (value - least) / range : 0));
}

function endsOf(values: Float32Array): readonly [least: number, most: number] {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return [least, most];
}

const SHADES = 256;
const INTERPOLATORS: Readonly<Record<Exclude<ColorMap, 'gray'>, (t: number) => string>> = {
  inferno: interpolateInferno,
  viridis: interpolateViridis,
  magma: interpolateMagma,
  plasma: interpolatePlasma,
};

/** 256 colors from the least to the most, RGB. */
export function colorTable(name: ColorMap): Uint8Array {
  const table = new Uint8Array(SHADES * 3);
  for (let shade = 0; shade < SHADES; shade++) {
    const color = name === 'gray' ? [shade, shade, shade] : fromHex(INTERPOLATORS[name](shade / (SHADES - 1)));
    table.set(color, shade * 3);
  }
  return table;
}

const fromHex = (hex: string): number[] => [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16));

const tables = new Map<ColorMap, Uint8Array>();
/** Made once: the overlay follows the pointer. */
function tableOf(name: ColorMap): Uint8Array {
  const table = tables.get(name) ?? colorTable(name);
  tables.set(name, table);
  return table;
}

/** How much of a pixel's light stays where a mask leaves it out, at opacity 1. */
const SHADOW = 0.12;

/** What lies over the image, one pixel a patch: RGBA, [rows, columns, 4], to be drawn as large as the image. */
export function overlayPixels(values: Float32Array, options: OverlayOptions): Uint8ClampedArray<ArrayBuffer> {
  const { kind, opacity, share, colorMap, range } = options;
  const pixels = new Uint8ClampedArray(values.length * 4);
  if (kind === 'mask') {
    keepMass(values, share).forEach((isKept, patch) => {
      pixels[patch * 4 + 3] = isKept === 1 ? 0 : 255 * opacity * (1 - SHADOW);
    });
    return pixels;
  }
  const table = tableOf(colorMap);
  const heat = normalized(values, range);
  for (let patch = 0; patch < heat.length; patch++) {
    const shade = Math.round((heat[patch] as number) * (SHADES - 1)) * 3;
    for (let channel = 0; channel < 3; channel++) pixels[patch * 4 + channel] = table[shade + channel] as number;
    pixels[patch * 4 + 3] = 255 * opacity;
  }
  return pixels;
}

interface Grid {
  readonly rows: number;
  readonly columns: number;
}

/** A straight line between corners of patches; the unit is a patch. */
export interface Line {
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
}

/** Where patches of a mask meet others, in lines as long as they go straight on. The image's own edge is no line. */
export function maskOutline(mask: ArrayLike<number>, { rows, columns }: Grid): Line[] {
  const lines: Line[] = [];
  for (let y = 1; y < rows; y++) {
    const differs = (x: number) => mask[(y - 1) * columns + x] !== mask[y * columns + x];
    for (const [start, end] of runs(columns, differs)) lines.push({ from: [start, y], to: [end, y] });
  }
  for (let x = 1; x < columns; x++) {
    const differs = (y: number) => mask[y * columns + x - 1] !== mask[y * columns + x];
    for (const [start, end] of runs(rows, differs)) lines.push({ from: [x, start], to: [x, end] });
  }
  return lines;
}

/** The stretches, from their first place to the one behind their last, in which something holds. */
function* runs(count: number, holds: (place: number) => boolean): Generator<readonly [start: number, end: number]> {
  for (let start = 0; start < count; start++) {
    if (!holds(start)) continue;
    let end = start + 1;
    while (end < count && holds(end)) end++;
    yield [start, end];
    start = end;
  }
}
