/**
 * How well masks meet a truth: intersection over union, in float64. The original's paper reports it ("Jaccard similarity"); its code was
 * never published.
 */

/** In a truth: neither object nor background. */
export const VOID = 255;

/**
 * @param mask 1 where the object is
 * @param truth of the same pixels: 0 background, {@link VOID}, every other value an object
 * @param leavesVoidOut whether void pixels count for nothing; else they are background
 * @returns 1 where neither has an object
 * @throws Error when they have different sizes
 */
export function jaccard(mask: ArrayLike<number>, truth: ArrayLike<number>, leavesVoidOut = false): number {
  if (mask.length !== truth.length) throw new Error(`the mask has ${mask.length} pixels and the truth ${truth.length}`);
  let [both, either] = [0, 0];
  for (let pixel = 0; pixel < truth.length; pixel++) {
    const value = truth[pixel] as number;
    if (leavesVoidOut && value === VOID) continue;
    const isObject = value !== 0 && value !== VOID;
    const isMasked = mask[pixel] !== 0;
    if (isObject && isMasked) both++;
    if (isObject || isMasked) either++;
  }
  return either === 0 ? 1 : both / either;
}

/** Index of the largest value; of equal ones the first. */
export const best = (values: readonly number[]): number => values.indexOf(Math.max(...values));

interface SegmentationMeans {
  /** Over the images. */
  readonly ofEachHead: readonly number[];
  readonly bestHead: number;
  /** The mean of each image's best head: what the paper's table has. */
  readonly ofBestHeadPerImage: number;
}

/** @param values [images][heads], at least one image */
export function segmentationMeans(values: readonly (readonly number[])[]): SegmentationMeans {
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const heads = values[0] ?? [];
  const ofEachHead = heads.map((_, head) => mean(values.map((image) => image[head] as number)));
  return {
    ofEachHead,
    bestHead: best(ofEachHead),
    ofBestHeadPerImage: mean(values.map((image) => Math.max(...image))),
  };
}
