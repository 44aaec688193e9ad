/** A mask of labels as pixels to be laid over its frame. Pure: no DOM. */

export interface LabelMask {
  readonly width: number;
  readonly height: number;
  /** [height, width]; 0 is the background. */
  readonly labels: ArrayLike<number>;
  /** RGB by label. */
  readonly palette: readonly (readonly number[])[];
}

/** In pixels of the mask. */
const LINE = 2;
/** Of labels beyond the palette. */
const OTHERWISE = [255, 255, 255] as const;

/**
 * RGBA, [height, width, 4]: the background is transparent.
 * @param isOutlined whether only the borders of objects are drawn, as contrast themes have it
 */
export function maskPixels(mask: LabelMask, isOutlined: boolean): Uint8ClampedArray<ArrayBuffer> {
  const { width, height, labels, palette } = mask;
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let at = 0; at < width * height; at++) {
    const label = labels[at] ?? 0;
    if (label === 0 || (isOutlined && !isBorder(mask, at))) continue;
    const [red = 0, green = 0, blue = 0] = palette[label] ?? OTHERWISE;
    pixels.set([red, green, blue, 255], at * 4);
  }
  return pixels;
}

/** Whether another label, or the edge of the frame, is as near as the line is wide. */
function isBorder({ width, height, labels }: LabelMask, at: number): boolean {
  const [row, column] = [Math.floor(at / width), at % width];
  for (let step = 1; step <= LINE; step++) {
    if (column < step || column >= width - step || row < step || row >= height - step) return true;
    if ([at - step, at + step, at - step * width, at + step * width].some((other) => labels[other] !== labels[at]))
      return true;
  }
  return false;
}
