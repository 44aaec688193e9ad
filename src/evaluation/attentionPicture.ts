/** Draws attention over the picture that it was computed on. */

import { interpolateInferno } from 'd3-scale-chromatic';
import sharp from 'sharp';
import { type AttentionMaps, headAttention } from '../attention/attentionMaps.js';
import { attentionMask } from '../attention/attentionMask.js';

export interface DrawingOptions {
  /** Adds for each heat map a tile with only the patches that hold this share of its mass, the rest darkened. */
  readonly threshold?: number;
  /** How much of a heat map covers the picture, 0 to 1. */
  readonly opacity?: number;
}

/** Heat maps are hard to read on smaller tiles: small pictures are enlarged by a whole factor, patches staying squares. */
const LEAST_TILE_SIDE = 160;
const GAP = 6;
const DARKENED = 0.25;

/**
 * A PNG: the picture, the mean over the heads, then each head, left to right. With a threshold there is a second row,
 * the masks of what stands above.
 */
export async function drawAttention(maps: AttentionMaps, options: DrawingOptions = {}): Promise<Buffer> {
  const { threshold, opacity = 0.65 } = options;
  const heat = [headAttention(maps, 'mean')];
  for (let head = 0; head < maps.heads; head++) heat.push(headAttention(maps, head));

  const rows = [[maps.picture, ...heat.map((values) => coverWithHeat(maps, values, opacity))]];
  if (threshold !== undefined) {
    rows.push([maps.picture, ...heat.map((values) => darkenOutside(maps, attentionMask(values, 1, threshold)))]);
  }
  return grid(rows, maps.width, maps.height);
}

/** A PNG of the picture and of the mean over the heads, side by side, of this size each; in 256 colours, so that it is small. */
export async function drawMean(
  maps: AttentionMaps,
  shown: { readonly width: number; readonly height: number },
  opacity = 0.6,
): Promise<Buffer> {
  const { width, height } = maps;
  const tiles = [maps.picture, coverWithHeat(maps, headAttention(maps, 'mean'), opacity)];
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

/** The picture in gray with the values over it, from black (the smallest) to bright (the largest), as the original's imsave scales them. */
function coverWithHeat(maps: AttentionMaps, values: Float32Array, opacity: number): Uint8Array {
  const least = values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
  const most = values.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY);
  const colours = Array.from(values, (value) => infernoColour((value - least) / (most - least || 1)));
  return mapPixels(maps, (pixel, patch) => {
    const [red = 0, green = 0, blue = 0] = pixel;
    const gray = 0.299 * red + 0.587 * green + 0.114 * blue;
    return (colours[patch] ?? []).map((heat) => gray * (1 - opacity) + heat * opacity);
  });
}

const darkenOutside = (maps: AttentionMaps, mask: Uint8Array): Uint8Array =>
  mapPixels(maps, (pixel, patch) => (mask[patch] === 1 ? pixel : [...pixel].map((value) => value * DARKENED)));

/** A new picture of the same size; `change` sees the red, green and blue of each pixel, and the patch that it lies in. */
function mapPixels(
  { picture, width, height, rows, columns }: AttentionMaps,
  change: (pixel: ArrayLike<number> & Iterable<number>, patch: number) => ArrayLike<number>,
): Uint8Array {
  const changed = new Uint8ClampedArray(picture.length);
  for (let y = 0; y < height; y++) {
    const patchRow = Math.floor((y * rows) / height);
    for (let x = 0; x < width; x++) {
      const patch = patchRow * columns + Math.floor((x * columns) / width);
      const at = (y * width + x) * 3;
      changed.set(change(picture.subarray(at, at + 3), patch), at);
    }
  }
  return new Uint8Array(changed.buffer);
}

function infernoColour(value: number): readonly number[] {
  const hex = interpolateInferno(value);
  return [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16));
}

async function grid(rows: readonly (readonly Uint8Array[])[], width: number, height: number): Promise<Buffer> {
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
