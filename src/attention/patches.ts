/** Where patches lie in an image. */

interface Grid {
  readonly rows: number;
  readonly columns: number;
}

/** An image that was resized to a square, and then cut at the right and the bottom to whole patches. */
interface Resized extends Grid {
  readonly original: { readonly width: number; readonly height: number };
  /** Side of the square in pixels. */
  readonly resolution: number;
  /** Of the patches together. */
  readonly width: number;
}

/**
 * The patch under a point of the image as it was before it was resized; what was cut off counts to the last patch.
 * @throws Error when the point lies outside the image
 */
export function patchAt(image: Resized, { x, y }: { readonly x: number; readonly y: number }): number {
  const { rows, columns, original, resolution } = image;
  const { width, height } = original;
  if (!(x >= 0 && y >= 0 && x < width && y < height))
    throw new Error(`The image has ${width} x ${height} pixels: there is none at ${x},${y}.`);
  const patches = resolution / (image.width / columns);
  const [column, row] = [Math.floor((x / width) * patches), Math.floor((y / height) * patches)];
  return Math.min(row, rows - 1) * columns + Math.min(column, columns - 1);
}

/** From 0. */
export const placeOf = ({ columns }: Grid, patch: number) => ({
  row: Math.floor(patch / columns),
  column: patch % columns,
});
