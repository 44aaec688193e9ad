/** Principal components, by subspace iteration on random directions (Halko, Martinsson and Tropp, 2011): a few directions of many dimensions. */
import { Matrix as Dense, EigenvalueDecomposition, QrDecomposition } from 'ml-matrix';
import { Kernels } from './kernels.js';
import type { Matrix, Pace } from './matrix.js';
import { Randomness } from './randomness.js';
import { SquareMatrix } from './squareMatrix.js';

export interface Components {
  /** [rows, count]: the coordinates along the components, the widest first. Each component's largest weight is positive. */
  readonly scores: Float32Array;
  readonly count: number;
  /** Of each component, of all variance; 0 where there is none. */
  readonly explained: Float64Array;
  /** The mean of the rows, [dim], and the components as unit vectors, [count][dim]: what other rows' coordinates are computed by. */
  readonly mean: Float64Array;
  readonly axes: readonly (readonly number[])[];
}

const EXTRA_DIRECTIONS = 8;
/** Of two products each: a direction with less than 1e-8 of the widest one's variance is lost in rounding. */
const ROUNDS = 6;
/** The widest directions of so many rows are close to those of all. */
const MOST_FITTED_ROWS = 20_000;

export async function principalComponents(
  { rows, dim, data }: Matrix,
  wanted: number,
  seed: number,
  pace: Pace,
): Promise<Components> {
  const count = Math.min(wanted, dim, rows);
  const width = Math.min(dim, count + EXTRA_DIRECTIONS);
  const mean = new Float64Array(dim);
  for (let at = 0; at < rows * dim; at++) mean[at % dim] = (mean[at % dim] as number) + (data[at] as number) / rows;

  const random = new Randomness(seed);
  const step = Math.max(1, rows / MOST_FITTED_ROWS);
  const fitted = Math.floor(rows / step);
  const covariance = await covarianceOf({ rows, dim, data }, mean, { fitted, step, width }, pace);
  let directions = Dense.zeros(dim, width);
  for (let d = 0; d < dim; d++) for (let j = 0; j < width; j++) directions.set(d, j, random.normal());
  const { trace } = covariance;
  if (trace > 0) {
    for (let round = 0; round < ROUNDS; round++)
      directions = new QrDecomposition(covariance.times(covariance.times(directions))).orthogonalMatrix;
  }
  // Among the directions that were found, the principal ones.
  const small = directions.transpose().mmul(covariance.times(directions));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(small, { assumeSymmetric: true });
  const order = realEigenvalues
    .map((value, index) => ({ value, index }))
    .sort((one, other) => other.value - one.value)
    .slice(0, count);
  const vectors = directions.mmul(eigenvectorMatrix);
  const axes = order.map(({ index }) => signed(vectors.getColumn(index)));
  const scores = new Float32Array(rows * count);
  for (const [place, axis] of axes.entries()) {
    const along = scoresAlong({ rows, dim, data }, mean, axis);
    for (let row = 0; row < rows; row++) scores[row * count + place] = along[row] as number;
    await pace(0.5 + (0.5 * (place + 1)) / count);
  }
  const explained = Float64Array.from(order, ({ value }) => (trace > 0 ? Math.max(0, value) / trace : 0));
  return { scores, count, explained, mean, axes };
}

/** The coordinates along one component, [rows], of rows that it may not have been fitted on. */
export function scoresAlong({ rows, dim, data }: Matrix, mean: Float64Array, axis: readonly number[]): Float32Array {
  const scores = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let d = 0; d < dim; d++) sum += (axis[d] as number) * ((data[row * dim + d] as number) - (mean[d] as number));
    scores[row] = sum;
  }
  return scores;
}

/**
 * The sums of products of centered columns over `fitted` rows that are `step` apart.
 * @returns [dim, dim], to be multiplied with matrices of `width` columns
 */
async function covarianceOf(
  { dim, data }: Matrix,
  mean: Float64Array,
  { fitted, step, width }: { readonly fitted: number; readonly step: number; readonly width: number },
  pace: Pace,
): Promise<SquareMatrix> {
  // The compiled product of rows, with the columns laid as rows.
  const kernels = new Kernels();
  const columns = Math.ceil(dim / 4) * 4;
  const length = Math.ceil(fitted / 4) * 4;
  const transposed = new Float32Array(columns * length);
  for (let row = 0; row < fitted; row++) {
    const source = Math.floor(row * step) * dim;
    for (let d = 0; d < dim; d++) transposed[d * length + row] = (data[source + d] as number) - (mean[d] as number);
  }
  const all = kernels.put(transposed);
  const block = Math.max(4, Math.floor(64_000_000 / length / columns / 4) * 4);
  const out = kernels.allot(block * columns);
  const covariance = new SquareMatrix(dim, width);
  for (let start = 0; start < dim; start += block) {
    await pace((0.5 * start) / dim);
    const count = Math.min(block, columns - start);
    kernels.run.multiplyRows(all + start * length * 4, count, all, columns, length, out);
    const products = kernels.floats(out, count * columns);
    for (let row = 0; row < Math.min(count, dim - start); row++)
      covariance.setRow(start + row, products.subarray(row * columns, row * columns + dim));
  }
  return covariance;
}

/** Either direction is as good: the one whose largest weight is positive is always taken. */
function signed(axis: readonly number[]): readonly number[] {
  const largest = axis.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  return largest < 0 ? axis.map((value) => -value) : axis;
}
