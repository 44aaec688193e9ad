/** Which patches of a batch's global crops are masked (collate.py of dinov2). */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { partStream } from '../stepStream.js';
import { blockMask, type Draws, type Grid } from './blockMask.js';

/** How crops are masked. */
export interface MaskSpec {
  readonly grid: Grid;
  /** Share of the global crops that are masked. */
  readonly probability: number;
  /** Share of a masked crop's patches, from least to most. */
  readonly ratio: readonly [number, number];
  /** See `largestBlock`. */
  readonly largestBlock: number;
}

export const patchesOf = ({ grid: { rows, columns } }: Pick<MaskSpec, 'grid'>): number => rows * columns;

/** How many of so many crops are masked. */
export const maskedOf = (crops: number, { probability }: Pick<MaskSpec, 'probability'>): number =>
  Math.trunc(crops * probability);

/** The i-th of the ends that cut the range of ratios into equal parts, one for each masked crop; in float32, as PyTorch has them. */
function ratioEnd(ratio: MaskSpec['ratio'], part: number, parts: number): number {
  const { fround } = Math;
  const [least, most] = [fround(ratio[0]), fround(ratio[1])];
  const step = fround(fround(most - least) / parts);
  // From the nearer end.
  return part < Math.floor((parts + 1) / 2)
    ? fround(least + fround(step * part))
    : fround(most - fround(step * (parts - part)));
}

/** More patches than this are never masked in so many crops (`upperbound`). */
export function mostMasked(crops: number, spec: MaskSpec): number {
  const masked = maskedOf(crops, spec);
  let sum = 0;
  for (let part = 0; part < masked; part++)
    sum += Math.trunc(Math.fround(patchesOf(spec) * ratioEnd(spec.ratio, part + 1, masked)));
  return sum;
}

/** Masks of all crops, [crops, patches], 1 where a patch is masked. Each masked crop has its own part of the range of ratios. */
export function masksOfCrops(crops: number, spec: MaskSpec, draws: Draws): Uint8Array {
  const patches = patchesOf(spec);
  const masked = maskedOf(crops, spec);
  const none = new Uint8Array(patches);
  const masks = Array.from({ length: crops }, (_, part) => {
    if (part >= masked) return none;
    const ratio = draws.uniform(ratioEnd(spec.ratio, part, masked), ratioEnd(spec.ratio, part + 1, masked));
    return blockMask(spec.grid, Math.trunc(patches * ratio), spec.largestBlock, draws);
  });
  for (let last = crops - 1; last > 0; last--) {
    const chosen = draws.whole(last);
    [masks[last], masks[chosen]] = [masks[chosen] as Uint8Array, masks[last] as Uint8Array];
  }
  const all = new Uint8Array(crops * patches);
  masks.forEach((mask, crop) => {
    all.set(mask, crop * patches);
  });
  return all;
}

/** The draws of one part of a step: a function of (seed, step, part) alone, so that a resumed run masks the same patches. */
export function maskDraws(seed: number, step: number, part: number): Draws {
  const generator = partStream('masks', seed, step, part);
  return {
    uniform: (low, high) => low + (high - low) * uniformFloat64(generator),
    whole: (most) => uniformInt(generator, 0, most),
  };
}

interface MaskedPatches {
  /** [crops, patches], 1 where a patch is masked. */
  readonly masks: Float32Array;
  /** Numbers of the masked patches over [crops, patches], then 0 up to the length that is asked for. */
  readonly indices: Float32Array;
  /** Of each of them 1 / the masked patches of its crop; 0 for the rest. */
  readonly weights: Float32Array;
}

/** @param length at least as many as are masked */
export function listed(masks: Uint8Array, patches: number, length: number): MaskedPatches {
  const indices = new Float32Array(length);
  const weights = new Float32Array(length);
  let filled = 0;
  for (let first = 0; first < masks.length; first += patches) {
    const ofCrop = masks.subarray(first, first + patches);
    const count = ofCrop.reduce((sum, isMasked) => sum + isMasked, 0);
    ofCrop.forEach((isMasked, patch) => {
      if (isMasked === 0) return;
      indices[filled] = first + patch;
      weights[filled++] = 1 / count;
    });
  }
  return { masks: Float32Array.from(masks), indices, weights };
}
