/** How well the contours of two masks meet: `f_measure` of davis2017-evaluation's metrics.py, in float64. */
import type { Size } from '../nearest.js';

/** Contours meet within this share of the frame's diagonal. */
const TOLERANCE = 0.008;

/** In pixels. @param tolerance below 1 a share of the diagonal, rounded up; else pixels */
export const boundaryRadius = ({ width, height }: Size, tolerance = TOLERANCE): number =>
  tolerance >= 1 ? tolerance : Math.ceil(tolerance * Math.sqrt(width * width + height * height));

/**
 * 1 where a pixel differs from its right, lower or lower right neighbor; in the last row the right one counts alone, in the last column
 * the lower one, and the corner never.
 */
export function boundary(mask: ArrayLike<number>, { width, height }: Size): Uint8Array {
  const edge = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = row * width + column;
      const differs = (step: number) => mask[at] !== mask[at + step];
      const [hasRight, hasLower] = [column < width - 1, row < height - 1];
      const isEdge =
        (hasRight && differs(1)) || (hasLower && differs(width)) || (hasRight && hasLower && differs(width + 1));
      edge[at] = isEdge ? 1 : 0;
    }
  }
  return edge;
}

/** 1 within a disc around each pixel that is 1. */
function dilated(edge: Uint8Array, { width, height }: Size, radius: number): Uint8Array {
  const result = new Uint8Array(edge.length);
  for (let at = 0; at < edge.length; at++) {
    if (edge[at] === 0) continue;
    const [row, column] = [Math.floor(at / width), at % width];
    for (let y = Math.max(0, row - radius); y <= Math.min(height - 1, row + radius); y++) {
      const reach = Math.floor(Math.sqrt(radius * radius - (y - row) ** 2));
      const from = Math.max(0, column - reach);
      result.fill(1, y * width + from, y * width + Math.min(width - 1, column + reach) + 1);
    }
  }
  return result;
}

const countOf = (edge: Uint8Array): number => edge.reduce((sum, value) => sum + value, 0);
const meeting = (edge: Uint8Array, other: Uint8Array): number =>
  edge.reduce((sum, value, i) => sum + value * (other[i] as number), 0);

/**
 * The harmonic mean of precision and recall of the contours; 1 where neither mask has one, 0 where only one has.
 * @param mask 0 or 1 @param truth 0 or 1
 * @param voidPixels 1 where both are taken as background
 */
export function contourScore(
  mask: ArrayLike<number>,
  truth: ArrayLike<number>,
  size: Size,
  { voidPixels, tolerance }: { readonly voidPixels?: ArrayLike<number>; readonly tolerance?: number } = {},
): number {
  const radius = boundaryRadius(size, tolerance);
  const edgeOf = (values: ArrayLike<number>) =>
    boundary(
      voidPixels === undefined ? values : Uint8Array.from(values, (value, i) => (voidPixels[i] ? 0 : value)),
      size,
    );
  const [ours, theirs] = [edgeOf(mask), edgeOf(truth)];
  const [found, wanted] = [countOf(ours), countOf(theirs)];
  if (found === 0 && wanted === 0) return 1;
  if (found === 0 || wanted === 0) return 0;
  const precision = meeting(ours, dilated(theirs, size, radius)) / found;
  const recall = meeting(theirs, dilated(ours, size, radius)) / wanted;
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}
