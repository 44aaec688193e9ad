/** Draws attention, or another map, over the image that it was computed on. */

import { interpolateInferno } from 'd3-scale-chromatic';
import sharp from 'sharp';
import { type AttentionMaps, headAttention } from '../attention/attentionMaps.js';
import { attentionMask } from '../attention/attentionMask.js';
import type { ImageMap } from '../attention/imageMap.js';

export interface DrawingOptions {
  /** Adds for each heat map a tile with only the patches that hold this share of its mass, the rest darkened. */
  readonly threshold?: number;
  /** How much of a heat map covers the image, 0 to 1. */
  readonly opacity?: number;
}

export type MappedImage = Omit<ImageMap, 'values'>;

/** Heat maps are hard to read on smaller tiles: small images are enlarged by a whole factor, patches staying squares. */
const LEAST_TILE_SIDE = 160;
const GAP = 6;
const DARKENED = 0.25;

/** Of one image, as {@link ImageMap} has them. */
interface DrawnMaps extends MappedImage {
  /** [rows * columns] each; not negative where there is a threshold. */
  readonly maps: readonly Float32Array[];
}

/** The mean over the heads, then each head. */
export function everyHead(attention: AttentionMaps): DrawnMaps {
  const heads = Array.from({ length: attention.heads }, (_, head) => headAttention(attention, head));
  return { ...attention, maps: [headAttention(attention, 'mean'), ...heads] };
}

/** A PNG: the image, then each map over it, left to right. With a threshold there is a second row, the masks of what stands above. */
export async function drawMaps(drawn: DrawnMaps, options: DrawingOptions = {}): Promise<Buffer> {
  const { image, maps, width, height } = drawn;
  const { threshold, opacity = 0.65 } = options;
  const rows = [[image, ...maps.map((values) => coverWithHeat(drawn, values, opacity))]];
  if (threshold !== undefined)
    rows.push([image, ...maps.map((values) => darkenOutside(drawn, attentionMask(values, 1, threshold)))]);
  return grid(rows, width, height);
}

/** A PNG of the image and of the map over it, side by side, of this size each; in 256 colors, so that it is small. */
export async function drawBeside(
  map: ImageMap,
  shown: { readonly width: number; readonly height: number },
  opacity = 0.6,
): Promise<Buffer> {
  const { width, height } = map;
  const tiles = [map.image, coverWithHeat(map, map.values, opacity)];
  const kernel = height < shown.height ? 'nearest' : 'cubic';
  const composed = await sharp({
    create: { width: 2 * shown.width + GAP, height: shown.height, channels: 4, background: '#00000000' },
  })
    .composite(
      await Promise.all(
        tiles.map(async (pixels, column) => ({
          input: await sharp(pixels, { raw: { width, height, channels: 3 } })
            .resize({ ...shown, fit: 'fill', kernel })
            .png()
            .toBuffer(),
          left: column * (shown.width + GAP),
          top: 0,
        })),
      ),
    )
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { data, info } = composed;
  return sharp(data, { raw: info }).png({ palette: true, colours: 256, effort: 1 }).toBuffer();
}

/** The image in gray with the values over it, from black (the smallest) to bright (the largest), as the original's imsave scales them. */
export function coverWithHeat(
  image: MappedImage,
  values: Float32Array,
  opacity: number,
  [least, most]: Range = rangeOf(values),
): Uint8Array {
  const colors = Array.from(values, (value) => infernoColor((value - least) / (most - least || 1)));
  return mapPixels(image, (pixel, patch) => {
    const [red = 0, green = 0, blue = 0] = pixel;
    const gray = 0.299 * red + 0.587 * green + 0.114 * blue;
    return (colors[patch] ?? []).map((heat) => gray * (1 - opacity) + heat * opacity);
  });
}

export type Range = readonly [least: number, most: number];

export const rangeOf = (values: Float32Array): Range => [
  values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY),
  values.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY),
];

const darkenOutside = (image: MappedImage, mask: Uint8Array): Uint8Array =>
  mapPixels(image, (pixel, patch) => (mask[patch] === 1 ? pixel : [...pixel].map((value) => value * DARKENED)));

/** A new image of the same size; `change` sees the red, green and blue of each pixel, and the patch that it lies in. */
export function mapPixels(
  { image, width, height, rows, columns }: MappedImage,
  change: (pixel: ArrayLike<number> & Iterable<number>, patch: number) => ArrayLike<number>,
): Uint8Array {
  const changed = new Uint8ClampedArray(image.length);
  for (let y = 0; y < height; y++) {
    const patchRow = Math.floor((y * rows) / height);
    for (let x = 0; x < width; x++) {
      const patch = patchRow * columns + Math.floor((x * columns) / width);
      const at = (y * width + x) * 3;
      changed.set(change(image.subarray(at, at + 3), patch), at);
    }
  }
  return new Uint8Array(changed.buffer);
}

function infernoColor(value: number): readonly number[] {
  const hex = interpolateInferno(value);
  return [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16));
}

/** A PNG of tiles of one size. */
export async function grid(rows: readonly (readonly Uint8Array[])[], width: number, height: number): Promise<Buffer> {
  const factor = Math.max(1, Math.ceil(LEAST_TILE_SIDE / Math.max(width, height)));
  const tileWidth = width * factor;
  const tileHeight = height * factor;
  const columns = Math.max(...rows.map((row) => row.length));
  const tiles = await Promise.all(
    rows.flatMap((row, rowIndex) =>
      row.map(async (pixels, columnIndex) => ({
        input: await sharp(pixels, { raw: { width, height, channels: 3 } })
          .resize(tileWidth, tileHeight, { kernel: 'nearest' })
          .png()
          .toBuffer(),
        left: columnIndex * (tileWidth + GAP),
        top: rowIndex * (tileHeight + GAP),
      })),
    ),
  );
  return sharp({
    create: {
      width: columns * (tileWidth + GAP) - GAP,
      height: rows.length * (tileHeight + GAP) - GAP,
      channels: 3,
      background: 'white',
    },
  })
    .composite(tiles)
    .png()
    .toBuffer();
}
