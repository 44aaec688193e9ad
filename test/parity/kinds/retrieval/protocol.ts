/** Replays the search on given features, and the scores of its rankings. */

import { rowOf } from '../../../../src/evaluation/featureRows.js';
import type { FeatureMatrix } from '../../../../src/evaluation/knn.js';
import { normalizeRows } from '../../../../src/evaluation/knn.js';
import {
  DIFFICULTIES,
  type Difficulty,
  type RetrievalScore,
  scoreQuery,
  scoreRetrieval,
} from '../../../../src/evaluation/retrieval/protocol.js';
import { ranking, similaritiesTo } from '../../../../src/evaluation/retrieval/rank.js';
import type { HostTensor } from '../../../../src/program/program.js';
import { areEqual, type Difference, exact, largestOf, relative } from '../../difference.js';
import type { RetrievalReference } from './reference.js';

/** As the folder's README has them. */
const LIMITS = { similarity: 1e-5, score: 1e-12 };
/** Percentages are printed with two decimals. */
const PRINTED = 0.005 + 1e-9;

export function* protocol(reference: RetrievalReference): Generator<Difference> {
  const { expected, outputs } = reference;
  const similarities = similaritiesOf(reference);
  yield relative('similarity', byDatabase(similarities, 'float32'), outputs.get('similarity'), LIMITS.similarity);
  const rankings = similarities.map(ranking);
  yield exact('ranks', areEqual(byDatabase(rankings, 'int32'), outputs.get('ranks')));
  const scoreOf = (difficulty: Difficulty) => scoreRetrieval(rankings, expected.gnd, difficulty, expected.ks);
  const scores = { easy: scoreOf('easy'), medium: scoreOf('medium'), hard: scoreOf('hard') };
  for (const difficulty of DIFFICULTIES) yield* scoreDifferences(difficulty, scores[difficulty], expected[difficulty]);
  yield* printed(reference, scores);
  for (const [index, { ranking, ok, junk, ap, precision_at }] of expected.hand_made.entries()) {
    const ours = scoreQuery(ranking, { positives: ok, junk }, expected.ks);
    const actual = [ours?.averagePrecision ?? Number.NaN, ...(ours?.precisionAt ?? [])];
    yield largestOf(`hand made ${index}`, actual, [ap, ...precision_at], LIMITS.score);
  }
  if (expected.no_query_has_a_positive !== undefined) {
    const none = scoreRetrieval(rankings, [{ easy: [], hard: [], junk: [] }], 'medium', expected.ks);
    yield exact('no query has a positive', none.meanAveragePrecision === undefined);
  }
}

export const protocolCount = ({ expected }: RetrievalReference): number =>
  2 +
  4 * DIFFICULTIES.length +
  2 * expected.printed.length +
  expected.hand_made.length +
  (expected.no_query_has_a_positive === undefined ? 0 : 1);

/** One array a query, [database]. */
function similaritiesOf({ inputs }: RetrievalReference): Float64Array[] {
  const normalized = (name: string): FeatureMatrix => {
    const { shape, data } = inputs.get(name);
    const matrix = { rows: shape[0] ?? 0, dim: shape[1] ?? 0, data: Float32Array.from(data) };
    normalizeRows(matrix);
    return matrix;
  };
  const [database, queries] = [normalized('database'), normalized('queries')];
  return Array.from({ length: queries.rows }, (_, query) => similaritiesTo(database, rowOf(queries, query)));
}

/** [database, query], as the original lays them out. */
function byDatabase(columns: readonly ArrayLike<number>[], dtype: HostTensor['dtype']): HostTensor {
  const rows = columns[0]?.length ?? 0;
  const values = Array.from({ length: rows * columns.length }, (_, i) => {
    const column = columns[i % columns.length];
    return column?.[Math.floor(i / columns.length)] ?? Number.NaN;
  });
  const data = dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values);
  return { shape: [rows, columns.length], dtype, data };
}

function* scoreDifferences(
  difficulty: Difficulty,
  score: RetrievalScore,
  wanted: RetrievalReference['expected'][Difficulty],
): Generator<Difference> {
  const check = (what: string, actual: readonly number[], theirs: readonly number[]) =>
    largestOf(`${difficulty} ${what}`, actual, theirs, LIMITS.score);
  yield check('mAP', [score.meanAveragePrecision ?? Number.NaN], [wanted.mAP]);
  yield check(
    'AP of each query',
    score.queries.map((query) => query?.averagePrecision ?? Number.NaN),
    wanted.ap_per_query,
  );
  yield check('mean precision at k', score.meanPrecisionAt, wanted.mean_precision_at);
  yield check(
    'precision at k of each query',
    score.queries.flatMap((query) => query?.precisionAt ?? score.meanPrecisionAt.map(() => Number.NaN)),
    wanted.precision_at_per_query.flat(),
  );
}

/** The script's own lines: `mAP M: 80.8, H: 57.14`, and lists of precisions in the same form. */
function* printed({ expected }: RetrievalReference, scores: Record<Difficulty, RetrievalScore>): Generator<Difference> {
  for (const [index, line] of expected.printed.entries()) {
    const isMean = line.includes(' mAP ');
    for (const [letter, difficulty] of [
      ['M', 'medium'],
      ['H', 'hard'],
    ] as const) {
      const text = new RegExp(`${letter}: \\[?([-\\d. na]+)`).exec(line)?.[1] ?? '';
      const wanted = text.trim().split(/\s+/).map(Number);
      const { meanAveragePrecision = Number.NaN, meanPrecisionAt } = scores[difficulty];
      const ours = isMean ? [meanAveragePrecision] : meanPrecisionAt;
      const percent = ours.map((value) => value * 100);
      yield largestOf(`printed ${index} ${difficulty}`, percent, wanted, PRINTED);
    }
  }
}
