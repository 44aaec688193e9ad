/**
 * The protocol of the revisited Oxford and Paris benchmarks (Radenović et al., 2018), as facebookresearch/dino's eval_image_retrieval.py
 * computes it (`compute_map`). All in float64.
 */
import { averagePrecision } from './averagePrecision.js';

/** What a person said of a query: indices of images in the database. */
export interface QueryTruth {
  readonly easy: readonly number[];
  readonly hard: readonly number[];
  /** Neither right nor wrong: taken out of the ranking. */
  readonly junk: readonly number[];
}

export const DIFFICULTIES = ['easy', 'medium', 'hard'] as const;
export type Difficulty = (typeof DIFFICULTIES)[number];

/** Which images count as right, and which do not count, for one query. */
export interface Judgment {
  readonly positives: readonly number[];
  readonly junk: readonly number[];
}

/** What a level of difficulty looks for. The script never prints the easy one; the benchmark has it. */
export function judgmentOf({ easy, hard, junk }: QueryTruth, difficulty: Difficulty): Judgment {
  switch (difficulty) {
    case 'easy':
      return { positives: easy, junk: [...junk, ...hard] };
    case 'medium':
      return { positives: [...easy, ...hard], junk };
    case 'hard':
      return { positives: hard, junk: [...junk, ...easy] };
  }
}

export interface QueryScore {
  readonly averagePrecision: number;
  /** For each k: of the first min(k, place of the last positive) images, the share that is right. */
  readonly precisionAt: readonly number[];
}

/**
 * Junk is taken out of the ranking before places are counted. Positives that the ranking lacks count as never found.
 * @param ranking indices of images, best first
 * @returns undefined for a query without positives, which the means leave out; where the original stops because the ranking has none of
 * the positives, all is 0
 */
export function scoreQuery(
  ranking: ArrayLike<number>,
  { positives, junk }: Judgment,
  ks: readonly number[],
): QueryScore | undefined {
  if (positives.length === 0) return undefined;
  const [right, ignored] = [new Set(positives), new Set(junk)];
  const positions: number[] = [];
  let before = 0;
  for (let place = 0; place < ranking.length; place++) {
    const image = ranking[place] as number;
    if (right.has(image)) positions.push(place - before);
    if (ignored.has(image)) before++;
  }
  const last = (positions.at(-1) ?? 0) + 1;
  return {
    averagePrecision: averagePrecision(positions, positives.length),
    precisionAt: ks.map((k) => {
      const looked = Math.min(k, last);
      return positions.filter((position) => position < looked).length / looked;
    }),
  };
}

export interface RetrievalScore {
  /** Mean average precision; undefined when no query has a positive, where the original divides by zero. */
  readonly meanAveragePrecision: number | undefined;
  /** For each k; NaN when no query has a positive. */
  readonly meanPrecisionAt: readonly number[];
  /** Undefined: the query has no positive. */
  readonly queries: readonly (QueryScore | undefined)[];
}

/** @param rankings one for each query, in the order of `truths` */
export function scoreRetrieval(
  rankings: readonly ArrayLike<number>[],
  truths: readonly QueryTruth[],
  difficulty: Difficulty,
  ks: readonly number[],
): RetrievalScore {
  const queries = truths.map((truth, query) => scoreQuery(rankings[query] ?? [], judgmentOf(truth, difficulty), ks));
  const scored = queries.filter((score) => score !== undefined);
  const mean = (of: (score: QueryScore) => number): number =>
    scored.reduce((sum, score) => sum + of(score), 0) / scored.length;
  return {
    meanAveragePrecision: scored.length === 0 ? undefined : mean((score) => score.averagePrecision),
    meanPrecisionAt: ks.map((_, index) => mean(({ precisionAt }) => precisionAt[index] ?? Number.NaN)),
    queries,
  };
}
