/** The score of the Copydays benchmark (Douze et al., 2009), as facebookresearch/dino's eval_copy_detection.py computes it. */
import { averagePrecision } from '../retrieval/averagePrecision.js';

/** Only the nearest so many are looked at; what comes later counts as never found. */
export const LOOKED_AT = 20;

/** The names of strong copies and their originals agree in so many first characters. */
const PREFIX = 4;

/**
 * For each strong copy the originals that it was made of: indices into `originals`.
 * @throws Error that names a copy without an original, where the original divides by zero
 */
export const originalsOf = (strong: readonly string[], originals: readonly string[]): number[][] =>
  strong.map((name) => {
    const found = [...originals.keys()].filter((i) => originals[i]?.slice(0, PREFIX) === name.slice(0, PREFIX));
    if (found.length === 0)
      throw new Error(`The copy ${name} has no original: none of the names begins with ${name.slice(0, PREFIX)}.`);
    return found;
  });

/**
 * @param found for each query the nearest images of the database, best first
 * @param positives for each query
 * @returns the average precision of each query
 */
export const copyPrecisions = (
  found: readonly (readonly number[])[],
  positives: readonly (readonly number[])[],
): number[] =>
  found.map((images, query) => {
    const right = positives[query] ?? [];
    const ranks = [...images.slice(0, LOOKED_AT).entries()].filter(([, image]) => right.includes(image));
    return averagePrecision(
      ranks.map(([rank]) => rank),
      right.length,
    );
  });
