/**
 * Colors for the patches of images by the principal components of their features, as DINOv2 shows them (Oquab et al. 2023, arXiv
 * 2304.07193, section 7.5): the first component tells foreground from background, the next fit, on the foreground alone, is red, green and
 * blue. Images that are looked at together have one set of components, so that parts that are alike have the same color in all of them.
 */
import type { PatchColors, PatchFeatures } from '../attention/patchFeatures.js';
import type { Matrix } from '../projection/matrix.js';
import { principalComponents, scoresAlong } from '../projection/pca.js';
import { chosenRows, joined } from './featureRows.js';

export interface ColoredPatches {
  /** Of each image, in their order. */
  readonly images: readonly PatchColors[];
  /** The share of all patches' variance that the first component has, 0 to 1: how clearly they fall in two. */
  readonly explained: number;
  /** False where foreground and background could not be told apart: then all patches count as foreground. */
  readonly isParted: boolean;
}

const CHANNELS = 3;
/** Three components need more patches than that. */
const FEWEST_FOREGROUND = CHANNELS + 1;
const SEED = 0;
const MIDDLE = 128;
/** Of float32, after a network's depth. */
const ROUNDING = 1e-5;
const noPace = async (): Promise<void> => {};

/**
 * - Foreground: the patches whose coordinate along the first component (of all patches of all images, centered) is above 0.
 * - Sign: a component has none of its own. The foreground is the side that takes up the smaller share of the patches along the images'
 *   edges than of those within; where the shares are equal, the component's largest weight is positive.
 * - With fewer than four patches in the foreground, all patches count as foreground.
 * - Colors: the first three components of the foreground, each with its largest weight positive, from its least value in the
 *   foreground (0) to its most (255). The background's patches are colored by the same components, clipped; a component that does not
 *   vary, or that features of fewer than three numbers lack, is middle gray.
 * @param images of one network
 * @throws Error when there is none, or when features differ in width
 */
export async function patchColors(images: readonly PatchFeatures[]): Promise<ColoredPatches> {
  const all = together(images);
  const first = await principalComponents(all, 1, SEED, noPace);
  const sign = isEdgeAbove(images, first.scores) ? -1 : 1;
  const told = Uint8Array.from(first.scores, (score) => (sign * score > 0 ? 1 : 0));
  const isUniform = isAlike(all);
  const isParted = !isUniform && told.reduce((sum, one) => sum + one, 0) >= FEWEST_FOREGROUND;
  const foreground = isParted ? told : new Uint8Array(all.rows).fill(1);
  const colors = isUniform ? gray(all) : await colorsOf(all, foreground);
  let start = 0;
  return {
    images: images.map(({ rows, columns }) => {
      const end = start + rows * columns;
      const part = {
        colors: colors.slice(start * CHANNELS, end * CHANNELS),
        foreground: foreground.slice(start, end),
      };
      start = end;
      return part;
    }),
    explained: isUniform ? 0 : (first.explained[0] as number),
    isParted,
  };
}

/** One matrix of all images' patches. */
function together(images: readonly PatchFeatures[]): Matrix {
  const [first, ...others] = images.map(({ rows, columns, dim, features }) => ({
    rows: rows * columns,
    dim,
    data: features,
  }));
  if (first === undefined) throw new Error('There is no image whose patches could be colored.');
  const other = others.find(({ dim }) => dim !== first.dim);
  if (other !== undefined)
    throw new Error(`Patch features of ${first.dim} and of ${other.dim} numbers have no components in common.`);
  return joined([first, ...others]);
}

/** Whether of the patches along the edges a larger share is above 0 than of those within. */
function isEdgeAbove(images: readonly PatchFeatures[], scores: Float32Array): boolean {
  const above = { edge: 0, within: 0 };
  const count = { edge: 0, within: 0 };
  let at = 0;
  for (const { rows, columns } of images) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, at++) {
        const isEdge = row === 0 || column === 0 || row === rows - 1 || column === columns - 1;
        const place = isEdge ? 'edge' : 'within';
        count[place]++;
        if ((scores[at] as number) > 0) above[place]++;
      }
    }
  }
  // Multiplied out, so that grids without an inside need no rule of their own.
  return above.edge * count.within > above.within * count.edge;
}

/** Whether all rows are the same up to rounding, of which components would be noise. */
function isAlike({ dim, data }: Matrix): boolean {
  let [most, apart] = [0, 0];
  for (let at = 0; at < data.length; at++) {
    most = Math.max(most, Math.abs(data[at] as number));
    apart = Math.max(apart, Math.abs((data[at] as number) - (data[at % dim] as number)));
  }
  return apart <= ROUNDING * most;
}

const gray = ({ rows }: Matrix): Uint8Array => new Uint8Array(rows * CHANNELS).fill(MIDDLE);

/** [rows, 3] */
async function colorsOf(all: Matrix, foreground: Uint8Array): Promise<Uint8Array> {
  const inside = [...foreground.keys()].filter((patch) => foreground[patch] === 1);
  const { mean, axes } = await principalComponents(chosenRows(all, inside), CHANNELS, SEED, noPace);
  const colors = new Uint8ClampedArray(gray(all));
  for (const [channel, axis] of axes.entries()) {
    const scores = scoresAlong(all, mean, axis);
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const row of inside) {
      least = Math.min(least, scores[row] as number);
      most = Math.max(most, scores[row] as number);
    }
    if (!(most > least)) continue;
    for (let row = 0; row < all.rows; row++)
      colors[row * CHANNELS + channel] = (255 * ((scores[row] as number) - least)) / (most - least);
  }
  return new Uint8Array(colors.buffer);
}
