/**
 * Where every random number of the input pipeline comes from. A draw depends on what it is for (run seed, epoch, image, crop) and never
 * on who draws it or when, so any number of threads, and a resumed run, makes the same batches.
 *
 * Each use has a xoroshiro128+ stream of its own. Its 128-bit state is a hash of the words that name the use: four lanes start from
 * different constants and absorb the words one by one through MurmurHash3's finaliser.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

export type RandomStream = RandomGenerator;

/** What a stream is for: the first word of its name, so that streams of different uses never meet. */
const Use = { crop: 1, epochOrder: 2, attack: 3 } as const;

/** Fractional digits of the golden ratio, pi, e and sqrt 2: any four different words would do. */
const LANES = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667];

/**
 * The stream that one crop is drawn from.
 * @param image index of the image in the data set
 * @param crop 0 and 1 are the global crops, 2... the local ones
 */
export function cropStream(seed: number, epoch: number, image: number, crop: number): RandomStream {
  return streamNamed([Use.crop, ...words(seed), epoch, image, crop]);
}

/** The stream that an attack on an image is drawn from. @param strength its place among the attack's strengths */
export const attackStream = (seed: number, attack: number, strength: number, image: number): RandomStream =>
  streamNamed([Use.attack, ...words(seed), attack, strength, image]);

/** The order in which an epoch visits the data set: a permutation of 0...size-1. */
export function epochOrder(seed: number, epoch: number, size: number): Int32Array {
  const stream = streamNamed([Use.epochOrder, ...words(seed), epoch]);
  const order = Int32Array.from({ length: size }, (_, index) => index);
  for (let last = size - 1; last > 0; last--) {
    const chosen = uniformInt(stream, 0, last);
    const moved = order[last] as number;
    order[last] = order[chosen] as number;
    order[chosen] = moved;
  }
  return order;
}

/** Uniform in [low, high). */
export function uniform(stream: RandomStream, low: number, high: number): number {
  return low + (high - low) * uniformFloat64(stream);
}

/** Uniform integer in 0...count-1. */
export function below(stream: RandomStream, count: number): number {
  return uniformInt(stream, 0, count - 1);
}

/** True with the given probability. */
export function chance(stream: RandomStream, probability: number): boolean {
  return uniformFloat64(stream) < probability;
}

function streamNamed(name: readonly number[]): RandomStream {
  return xoroshiro128plusFromState(LANES.map((lane) => name.reduce((hash, word) => mix(hash ^ word), lane)));
}

/** A seed may be any safe integer: its low and high 32 bits. */
function words(seed: number): [number, number] {
  return [seed | 0, Math.floor(seed / 0x100000000) | 0];
}

function mix(word: number): number {
  let hash = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
