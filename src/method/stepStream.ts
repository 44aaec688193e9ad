/** Random numbers of a step: functions of the seed, the step and what they are for, so that a resumed run draws the same. */
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** Odd multiplier: neighboring steps start from far-apart states. */
const stepHash = (step: number): number => Math.imul(step + 1, 0x9e3779b1);

/** @param step the number of the step within the run, from 0 */
export const stepStream = (seed: number, step: number): RandomGenerator =>
  xoroshiro128plus((seed ^ stepHash(step)) | 0);

/** What is drawn part by part, each by an odd multiplier of its own. */
const OF_PARTS = { samples: 0x85ebca6b, masks: 0xc2b2ae35 } as const;

/** @param part tells apart what is drawn in the same step: sizes of crops, calls */
export const partStream = (what: keyof typeof OF_PARTS, seed: number, step: number, part: number): RandomGenerator =>
  xoroshiro128plus((seed ^ stepHash(step) ^ Math.imul(part + 1, OF_PARTS[what])) | 0);
