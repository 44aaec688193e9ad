/**
 * The nearest training rows of test rows, by an engine: products of many rows at once, in float32. Those that float32 cannot tell apart
 * are ordered by their products in float64, so that equal rows stand in the order of their numbers, as in `forEachNeighborhood`.
 */
import type { Engine } from '../engines/engine.js';
import { nearestProgram } from '../method/nearest.js';
import type { FeatureMatrix } from './knn.js';
import type { Neighborhoods } from './neighborhoods.js';

/** Candidates beyond k. */
const MARGIN = 16;
/** What sums of some hundred products of unit vectors may be off in float32. */
const UNSURE = 2e-6;
/** Similarities that are in memory at once. */
const MOST_SIMILARITIES = 2 ** 25;
const MOST_BATCH = 1024;

/** For each test row the k nearest training rows, nearest first. */
export interface NearestRows {
  readonly k: number;
  /** [test rows, k] */
  readonly rows: Int32Array;
  /** [test rows, k] */
  readonly similarities: Float32Array;
}

/**
 * @param onProgress hears how many test rows are done; what it throws ends the work
 * @throws what the engine throws
 */
export async function nearestByEngine(
  { train, test, k, leaveOneOut = false }: Omit<Neighborhoods, 'start' | 'end'>,
  engine: Engine,
  onProgress: (done: number) => void = () => {},
): Promise<NearestRows> {
  const { rows, dim } = train;
  const batch = Math.max(1, Math.min(MOST_BATCH, test.rows, Math.floor(MOST_SIMILARITIES / rows)));
  // Where a row is among those that it is compared with, it is its own nearest.
  const count = Math.min(rows, k + MARGIN + (leaveOneOut ? 1 : 0));
  const session = await engine.compile(nearestProgram(rows, dim, batch, count), {
    train: { shape: [rows, dim], dtype: 'float32', data: train.data },
  });
  const nearest = {
    k,
    rows: new Int32Array(test.rows * k),
    similarities: new Float32Array(test.rows * k),
  };
  try {
    for (let start = 0; start < test.rows; start += batch) {
      const end = Math.min(start + batch, test.rows);
      const data = new Float32Array(batch * dim);
      data.set(test.data.subarray(start * dim, end * dim));
      const found = await session.call({ queries: { shape: [batch, dim], dtype: 'float32', data } });
      const { similarities, rows: places } = found;
      if (!(similarities?.data instanceof Float32Array && places?.data instanceof Int32Array))
        throw new Error('the engine gave no similarities');
      for (let row = start; row < end; row++) {
        const [from, to] = [(row - start) * count, (row - start + 1) * count];
        const all = { candidates: places.data.slice(from, to), values: similarities.data.slice(from, to) };
        order(test, row, train, leaveOneOut ? without(all, row) : all, nearest);
      }
      onProgress(end);
    }
  } finally {
    await session.dispose();
  }
  return nearest;
}

interface Candidates {
  readonly candidates: Int32Array;
  readonly values: Float32Array;
}

function without({ candidates, values }: Candidates, row: number): Candidates {
  // It is not among them where as many others equal it as there are candidates.
  const place = candidates.indexOf(row);
  return {
    candidates: candidates.filter((_, at) => at !== place),
    values: values.filter((_, at) => at !== place),
  };
}

/** The first k of the candidates; of those that lie closer together than float32 can tell, by their products in float64. */
function order(
  test: FeatureMatrix,
  row: number,
  train: FeatureMatrix,
  { candidates, values }: Candidates,
  into: NearestRows,
): void {
  const { k } = into;
  for (let start = 0; start < k; ) {
    let end = start + 1;
    while (end < values.length && (values[end - 1] as number) - (values[end] as number) <= UNSURE) end++;
    if (end > start + 1) {
      const exact = Array.from(candidates.subarray(start, end), (other) => ({
        other,
        value: product(test, row, train, other),
      }));
      exact.sort((one, two) => Math.fround(two.value) - Math.fround(one.value) || one.other - two.other);
      exact.forEach(({ other, value }, place) => {
        candidates[start + place] = other;
        values[start + place] = value;
      });
    }
    start = end;
  }
  into.rows.set(candidates.subarray(0, k), row * k);
  into.similarities.set(values.subarray(0, k), row * k);
}

function product(test: FeatureMatrix, row: number, train: FeatureMatrix, other: number): number {
  const { dim } = train;
  const [left, right] = [test.data, train.data];
  const [from, to] = [row * dim, other * dim];
  let sum = 0;
  for (let d = 0; d < dim; d++) sum += (left[from + d] as number) * (right[to + d] as number);
  return sum;
}
