/**
 * How well masks meet a truth: intersection over union, in float64. The original's paper reports it ("Jaccard similarity"); its code was
 * never published.
 */

/** In a truth: neither object nor background. */
export const VOID = 255;

/** Of one mask and a truth. */
interface Overlap {
  /** Intersection over union; 1 where neither has an object. */
  readonly jaccard: number;
  /** The share of the mask that is object; undefined: the mask is empty. */
  readonly precision: number | undefined;
  /** The share of the object that is masked; undefined: there is no object. */
  readonly recall: number | undefined;
}

/**
 * @param mask 1 where the object is
 * @param truth of the same pixels: 0 background, {@link VOID}, every other value an object
 * @param leavesVoidOut whether void pixels count for nothing; else they are background
 * @throws Error when they have different sizes
 */
export function overlapOf(mask: ArrayLike<number>, truth: ArrayLike<number>, leavesVoidOut = false): Overlap {
  if (mask.length !== truth.length) throw new Error(`the mask has ${mask.length} pixels and the truth ${truth.length}`);
  let [both, masked, object] = [0, 0, 0];
  for (let pixel = 0; pixel < truth.length; pixel++) {
    const value = truth[pixel] as number;
    if (leavesVoidOut && value === VOID) continue;
    const isObject = value !== 0 && value !== VOID;
    const isMasked = mask[pixel] !== 0;
    if (isObject && isMasked) both++;
    if (isObject) object++;
    if (isMasked) masked++;
  }
  const either = masked + object - both;
  return {
    jaccard: either === 0 ? 1 : both / either,
    precision: masked === 0 ? undefined : both / masked,
    recall: object === 0 ? undefined : both / object,
  };
}

/** Intersection over union alone: see {@link overlapOf}. */
export const jaccard = (mask: ArrayLike<number>, truth: ArrayLike<number>, leavesVoidOut = false): number =>
  overlapOf(mask, truth, leavesVoidOut).jaccard;

/** Index of the largest value; of equal ones the first. */
export const best = (values: readonly number[]): number => values.indexOf(Math.max(...values));

interface SegmentationMeans {
  /** Over the images. */
  readonly ofEachHead: readonly number[];
  readonly bestHead: number;
  /** The mean of each image's best head: what the paper's table has. */
  readonly ofBestHeadPerImage: number;
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

/** Over the images that have a value. @param values [images][heads] @returns [heads]; null where no image has one */
export const meanOfEachHead = (values: readonly (readonly (number | undefined)[])[]): (number | null)[] =>
  (values[0] ?? []).map((_, head) => {
    const known = values.flatMap((image) => image[head] ?? []);
    return known.length === 0 ? null : mean(known);
  });

/** @param values [images][heads], at least one image */
export function segmentationMeans(values: readonly (readonly number[])[]): SegmentationMeans {
  const heads = values[0] ?? [];
  const ofEachHead = heads.map((_, head) => mean(values.map((image) => image[head] as number)));
  return {
    ofEachHead,
    bestHead: best(ofEachHead),
    ofBestHeadPerImage: mean(values.map((image) => Math.max(...image))),
  };
}
