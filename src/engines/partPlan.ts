/**
 * How a step's images are divided into parts, which are computed at once, each on one thread where there are enough of them: what lies
 * between two layers then stays in a core's cache, and no thread waits for another at each layer.
 */
import type { Graph } from '../compile/graph.js';
import { type DividedGraph, divide } from '../compile/parts.js';
import type { Program } from '../program/program.js';
import type { Divisible, Sharing } from '../program/replicas.js';

/** Of ViT-S/16 two images: what lies between two layers then stays in a core's cache (EXPERIMENTS.md). */
export const LARGEST_LAYER = 2 * 197 * 384;

/** The most that all chains' sums may take, unless there are only two chains. Each has its own, so that several can be computed at once. */
const BYTES_OF_SUMS = 2 ** 28;
/**
 * Two parts at once may take this much more memory than all images at once. A ViT-S/16 with 65,536 prototypes and four images would take
 * 600 MB more, since each part has gradients of its own.
 */
const BYTES_WORTH_IT = 192 * 2 ** 20;
const MOST_CHAINS = 16;
/** Twice the threads make a step so many times as fast: not twice. */
const GAIN_OF_TWICE_THE_THREADS = 1.8;

/** Into how many parts a program is divided. */
export type PartsOf = (program: Divisible) => number;

/** Undefined where the program cannot be divided, or one part is all. */
export function sharingOf({ divisible }: Program, partsOf: PartsOf | undefined): Sharing | undefined {
  const parts = divisible && partsOf?.(divisible);
  return parts === undefined || parts < 2 ? undefined : divisible?.into(parts);
}

/**
 * @param graph of the sharing's part
 * @param passing see `Demand`: of all images at once
 */
export const divideInto = (
  { replicas: parts, groups }: Sharing,
  graph: Graph,
  passing: number,
): DividedGraph | undefined =>
  divide(graph, new Set(Object.keys(groups)), {
    parts,
    chains: (bytes, ofPart) => {
      const chains = chainsOf(parts, bytes);
      if (chains === undefined) return undefined;
      return passingInParts(2, ofPart, chains, bytes) <= passing + BYTES_WORTH_IT ? chains : undefined;
    },
  });

/**
 * What values beside the state take while parts are computed; see `Demand.passing`.
 * @param ofPart the same of one part, which does not keep what it gives
 * @param bytes that a part gives: each chain has them all the time
 */
export const passingInParts = (lanes: number, ofPart: number, chains: number, bytes: number): number =>
  lanes * ofPart + chains * bytes;

/**
 * The fewest equal parts that stay in a core's cache; 1 if every division would make them less than half as large as that. They depend on
 * the program alone, and on no number of cores: the same sums are rounded the same anywhere.
 */
export function partsForCaches({ images, layerSize }: Pick<Divisible, 'images' | 'layerSize'>): number {
  const most = Math.max(1, Math.round(LARGEST_LAYER / layerSize));
  for (let ofPart = Math.min(most, images); ofPart >= most / 2; ofPart--)
    if (images % ofPart === 0) return images / ofPart;
  return 1;
}

/**
 * @param bytes that a part gives
 * @returns undefined where no two parts could be computed at once
 */
export function chainsOf(parts: number, bytes: number): number | undefined {
  const most = Math.min(MOST_CHAINS, Math.max(2, Math.floor(BYTES_OF_SUMS / bytes)));
  for (let chains = Math.min(most, parts); chains > 1; chains--) if (parts % chains === 0) return chains;
  return undefined;
}

export interface Lanes {
  /** Parts that are computed at once. */
  readonly lanes: number;
  /** Of each; absent: all of the processor's, which the lanes share. */
  readonly threads?: 1;
}

/** What takes least time, if parts take equally long. */
export function lanesOf(chains: number, cores: number): Lanes {
  const timeOf = (lanes: number): number =>
    Math.ceil(chains / lanes) / GAIN_OF_TWICE_THE_THREADS ** Math.log2(Math.max(1, cores / lanes));
  const most = Math.min(chains, cores);
  let lanes = most;
  for (let fewer = most - 1; fewer >= 1; fewer--) if (timeOf(fewer) < timeOf(lanes)) lanes = fewer;
  return { lanes, ...(lanes === cores && { threads: 1 }) };
}

/** For `Session.runsAs`. */
export const describeParts = (parts: number, lanes: number): string => `images in ${parts} parts, ${lanes} at a time`;
