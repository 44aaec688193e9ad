/** Replays whitening, the search for copies, and its score. */
import { copyPrecisions, LOOKED_AT, originalsOf } from '../../../../src/evaluation/copies/copydays.js';
import { learnWhitening, type Whitening, whiten } from '../../../../src/evaluation/copies/whitening.js';
import { rowOf } from '../../../../src/evaluation/featureRows.js';
import { type FeatureMatrix, normalizeRows } from '../../../../src/evaluation/knn.js';
import { averagePrecision } from '../../../../src/evaluation/retrieval/averagePrecision.js';
import { largest, similaritiesTo } from '../../../../src/evaluation/retrieval/rank.js';
import type { HostTensor } from '../../../../src/program/program.js';
import { type Difference, exact, largestOf, relative } from '../../difference.js';
import { blockTensor, type CopiesReference, matrixOf, RUNS, type Run, stacked } from './reference.js';

/** As the folder's README has them; what it says nothing of is held to what single precision gives. */
const LIMITS = { plain: 1e-5, whitened: 2e-4, moments: 1e-5, eigenvalues: 1e-5, ap: 1e-9, printed: 0.0005 + 1e-9 };
/** A percentage is printed with two decimals. */
const ENERGY = 0.005 + 1e-9;

export function* search(reference: CopiesReference): Generator<Difference> {
  const { expected, inputs, outputs } = reference;
  const whitenings: Record<Run, Whitening | undefined> = {
    plain: undefined,
    whitened: learnWhitening(matrixOf(inputs, 'whitening')),
    whitened_few: learnWhitening(matrixOf(inputs, 'few_whitening')),
  };
  for (const run of RUNS) {
    const whitening = whitenings[run];
    if (whitening !== undefined) yield* moments(reference, run, whitening);
    const similarities = similaritiesOf(reference, whitening);
    yield similarityDifference(reference, run, similarities);
    const found = similarities.map((values) => largest(values, LOOKED_AT));
    const wanted = outputs.get(`top20_${run}`).data;
    yield exact(
      `top20_${run}`,
      found.flat().every((image, i) => image === wanted[i]) && found.flat().length === wanted.length,
    );
    yield* scores(reference, run, found, whitening);
  }
  const reduced = learnWhitening(matrixOf(inputs, 'whitening'), expected.reduced.dim);
  yield similarityDifference(reference, 'reduced', similaritiesOf(reference, reduced));
  yield energy('reduced', reduced, expected.reduced.printed);
  for (const [index, { ranks, positives, ap }] of expected.hand_made.entries())
    yield largestOf(`hand made ${index}`, [averagePrecision(ranks, positives)], [ap], LIMITS.ap);
  if (expected.no_positive !== undefined)
    yield exact(
      'no positive',
      refuses(() => originalsOf(['aaaa'], [])),
    );
}

export function searchCount({ expected }: CopiesReference): number {
  const blocks = expected.config.blocks.length;
  const whitenedRuns = RUNS.length - 1;
  const eigenvalues = expected.eigenvalues_of_second_moment === undefined ? 0 : 1;
  return (
    RUNS.length * (2 + 3 * blocks) +
    whitenedRuns * 3 +
    eigenvalues +
    2 +
    expected.hand_made.length +
    (expected.no_positive === undefined ? 0 : 1)
  );
}

/** [queries of all blocks][database] */
function similaritiesOf({ expected, inputs }: CopiesReference, whitening: Whitening | undefined): Float64Array[] {
  const prepared = (names: readonly string[]): FeatureMatrix => {
    const given = stacked(names.map((name) => matrixOf(inputs, name)));
    const matrix = whitening === undefined ? given : whiten(given, whitening);
    normalizeRows(matrix);
    return matrix;
  };
  const queries = prepared(expected.config.blocks.map(blockTensor));
  const database = prepared(['database_original', 'database_distractors']);
  return Array.from({ length: queries.rows }, (_, query) => similaritiesTo(database, rowOf(queries, query)));
}

function similarityDifference(
  { outputs }: CopiesReference,
  run: Run | 'reduced',
  similarities: readonly Float64Array[],
): Difference {
  const quantity = `similarity_${run}`;
  return relative(
    quantity,
    flat(similarities),
    outputs.get(quantity),
    run === 'plain' ? LIMITS.plain : LIMITS.whitened,
  );
}

function* moments({ expected, outputs }: CopiesReference, run: Run, whitening: Whitening): Generator<Difference> {
  const { mean, secondMoment, operator } = whitening;
  yield relative(`mean_${run}`, flat([mean]), outputs.get(`mean_${run}`), LIMITS.moments);
  yield relative(`second_moment_${run}`, flat([secondMoment]), outputs.get(`second_moment_${run}`), LIMITS.moments);
  const wanted = expected.eigenvalues_of_second_moment;
  if (run !== 'whitened' || wanted === undefined) return;
  // A row is an eigenvector divided by the root of its eigenvalue.
  const values = wanted.map((_, row) => {
    const part = operator.subarray(row * mean.length, (row + 1) * mean.length);
    return 1 / part.reduce((sum, value) => sum + value * value, 0);
  });
  const most = Math.max(...wanted);
  const raised = wanted.map((value) => Math.max(value, 1e-5 * most));
  yield largestOf(
    'eigenvalues',
    values.map((value) => value / most),
    raised.map((value) => value / most),
    LIMITS.eigenvalues,
  );
}

function* scores(
  { expected, inputs }: CopiesReference,
  run: Run,
  found: readonly (readonly number[])[],
  whitening: Whitening | undefined,
): Generator<Difference> {
  const { mAP, ap_per_query, printed } = expected.runs[run];
  if (whitening !== undefined) yield energy(run, whitening, printed[0] ?? '');
  let start = 0;
  for (const block of expected.config.blocks) {
    const { rows } = matrixOf(inputs, blockTensor(block));
    const positives =
      block === 'strong'
        ? originalsOf(expected.names.strong, expected.names.original)
        : Array.from({ length: rows }, (_, query) => [query]);
    const precisions = copyPrecisions(found.slice(start, start + rows), positives);
    start += rows;
    const mean = precisions.reduce((sum, value) => sum + value, 0) / rows;
    const line = printed.find((text) => text.startsWith(`eval on ${block} mAP=`));
    yield largestOf(`AP of each query, ${block}, ${run}`, precisions, ap_per_query[block] ?? [], LIMITS.ap);
    yield largestOf(`mAP, ${block}, ${run}`, [mean], [mAP[block] ?? Number.POSITIVE_INFINITY], LIMITS.ap);
    yield largestOf(`printed, ${block}, ${run}`, [mean], [Number(line?.split('=')[1])], LIMITS.printed);
  }
}

function energy(name: string, whitening: Whitening, printed: string): Difference {
  const percent = Number(/keeping ([\d.]+) %/.exec(printed)?.[1]);
  return largestOf(`energy, ${name}`, [whitening.energy * 100], [percent], ENERGY);
}

const flat = (rows: readonly Float64Array[]): HostTensor => ({
  shape: [rows.length, rows[0]?.length ?? 0],
  dtype: 'float32',
  data: Float32Array.from(rows.flatMap((row) => [...row])),
});

function refuses(act: () => unknown): boolean {
  try {
    act();
    return false;
  } catch {
    return true;
  }
}
