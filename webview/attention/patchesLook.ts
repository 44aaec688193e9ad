/** Images as patch features: what the host has answered, and the similarity of one patch to all others. Pure: no DOM. */
import {
  mostSimilarPatch,
  type PatchColors,
  patchSimilarities,
  unitFeatures,
  unitOf,
} from '../../src/attention/patchFeatures.js';
import type { PatchesAnswer } from '../../src/protocol/attentionPanel.js';

type Told = PatchesAnswer['images'][0];

export interface SeenPatches extends Omit<Told, 'image' | 'features' | keyof PatchColors>, PatchColors {
  /** RGB, [height, width, 3]. */
  readonly image: Uint8Array;
  /** [rows * columns, dim], each of length 1: what a move of the pointer is answered from. */
  readonly units: Float32Array;
}

export interface PatchesLook extends SeenPatches, Pick<PatchesAnswer, 'explained' | 'isParted'> {
  readonly kind: 'patches';
  /** The second image, colored by the same components. */
  readonly beside?: SeenPatches;
}

export function patchesLookOf({ images: [first, second], explained, isParted }: PatchesAnswer): PatchesLook {
  return { kind: 'patches', ...seenOf(first), ...(second && { beside: seenOf(second) }), explained, isParted };
}

function seenOf({ features, ...told }: Told): SeenPatches {
  return {
    ...told,
    image: new Uint8Array(told.image),
    units: unitFeatures({ dim: told.dim, features: new Float32Array(features) }),
    colors: new Uint8Array(told.colors),
    foreground: new Uint8Array(told.foreground),
  };
}

export const bytesOfPatches = ({ beside, ...first }: PatchesLook): number =>
  [first, ...(beside ? [beside] : [])].reduce((sum, { image, units }) => sum + image.byteLength + units.byteLength, 0);

/** How similar a patch is to all others. */
export interface Similarity {
  /** Of the image's patches. */
  readonly values: Float32Array;
  /** Of the second image's, and the patch that is most similar there. */
  readonly beside?: { readonly values: Float32Array; readonly best: number };
  /** The least and the most, of both images: one scale of colors. */
  readonly range: readonly [least: number, most: number];
}

/** Of each look the last: both images and the words show the same one. */
const last = new WeakMap<PatchesLook, { readonly patch: number; readonly similarity: Similarity }>();

/** @param patch of the image, by its index in reading order */
export function similarityTo(look: PatchesLook, patch: number): Similarity {
  const kept = last.get(look);
  if (kept?.patch === patch) return kept.similarity;
  const similarity = similarityIn(look, patch);
  last.set(look, { patch, similarity });
  return similarity;
}

function similarityIn({ units, dim, beside }: PatchesLook, patch: number): Similarity {
  const asked = unitOf(units, dim, patch);
  const values = patchSimilarities(units, asked);
  const there = beside && patchSimilarities(beside.units, asked);
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const all of there ? [values, there] : [values]) {
    for (const value of all) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
  }
  return {
    values,
    ...(there && { beside: { values: there, best: mostSimilarPatch(there) } }),
    range: [least, most],
  };
}

/**
 * The patches' colors, one pixel a patch: RGBA, [rows, columns, 4].
 * @param opacity 0 to 1
 * @param isForegroundOnly whether the background shows the image alone
 */
export function patchPixels(
  { colors, foreground }: PatchColors,
  { opacity, isForegroundOnly }: { readonly opacity: number; readonly isForegroundOnly: boolean },
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(foreground.length * 4);
  for (let patch = 0; patch < foreground.length; patch++) {
    pixels.set(colors.subarray(patch * 3, patch * 3 + 3), patch * 4);
    pixels[patch * 4 + 3] = isForegroundOnly && foreground[patch] === 0 ? 0 : 255 * opacity;
  }
  return pixels;
}
