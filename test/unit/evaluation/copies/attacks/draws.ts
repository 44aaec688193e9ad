/** Attacks whose random numbers are chosen. */
import type { Image } from '../../../../../src/data/image.js';
import type { RandomStream } from '../../../../../src/data/randomness.js';
import { ATTACKS } from '../../../../../src/evaluation/copies/attacks/index.js';

/** What a uniform number between 0 and 1 is drawn as; `highest` is as near to 1 as can be. */
type Draw = 0 | 0.5 | 'highest';

const wordOf = (draw: Draw): number => (draw === 'highest' ? -1 : draw * 2 ** 26);

/** Gives these numbers first, two words each, then always the last one. */
export const drawing = (first: readonly Draw[], always: Draw): RandomStream =>
  giving(
    first.flatMap((draw) => [wordOf(draw), wordOf(draw)]),
    wordOf(always),
  );

/** Gives these words first, then always the same. */
export function giving(first: readonly number[], always: number): RandomStream {
  let given = 0;
  return {
    next: () => first[given++] ?? always,
    clone: () => giving(first.slice(given), always),
    getState: () => [given],
  };
}

export function applied(name: string, strength: number, image: Image, random: RandomStream): Promise<Image> {
  const attack = ATTACKS.find((one) => one.name === name);
  if (attack === undefined) throw new Error(name);
  return attack.apply(image, strength, random);
}

/** Of one level throughout. */
export const flat = (level: number, width: number, height: number): Image => ({
  ...{ width, height, channels: 3 },
  data: new Uint8Array(width * height * 3).fill(level),
});

/** Each pixel's three values by its column and row. */
export const pixels = (
  width: number,
  height: number,
  of: (x: number, y: number) => readonly [number, number, number],
): Image => ({
  ...{ width, height, channels: 3 },
  data: Uint8Array.from(Array.from({ length: width * height }, (_, i) => of(i % width, Math.floor(i / width))).flat()),
});

export const at = ({ width, data }: Image, x: number, y: number): readonly number[] => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];
