/** Numbers of any size as float32 that can be squared and added: projections compute with these. */
import type { Matrix } from './matrix.js';

export interface Numbers {
  readonly rows: number;
  readonly dim: number;
  /** [rows, dim], row-major; finite. */
  readonly data: Float32Array | Float64Array;
}

export interface Conditioned {
  /** Around the columns' means, at most 2 in size. */
  readonly matrix: Matrix;
  /** Differences of the numbers are so many times those of the matrix. */
  readonly scale: number;
  /** All rows are the same. */
  readonly isUniform: boolean;
}

/** What rounding makes of one direction in double precision. */
export const DIRECTION_NOISE = 1e-14;

/** Each row scaled to length 1, in double precision; rows of zeros stay, and are counted. */
export function directions({ rows, dim, data }: Numbers): Numbers & { readonly zeroRows: number } {
  const scaled = new Float64Array(rows * dim);
  let zeroRows = 0;
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * dim, (row + 1) * dim);
    // The largest and the smallest doubles cannot be squared.
    const by = powerNear(largest(values));
    let sum = 0;
    for (const value of values) sum += (value / by) ** 2;
    const length = Math.sqrt(sum);
    if (length === 0) zeroRows++;
    else for (let d = 0; d < dim; d++) scaled[row * dim + d] = (values[d] as number) / by / length;
  }
  return { rows, dim, data: scaled, zeroRows };
}

/**
 * Around the columns' means and divided by a power of two, so that small differences of large numbers are kept.
 * @param noise differences up to this share of the largest number are none
 */
export function conditioned({ rows, dim, data }: Numbers, noise = 0): Conditioned {
  const by = powerNear(largest(data));
  // From the first row on, so that a column of one value gives zeros.
  const from = (at: number): number => (data[at] as number) / by - (data[at % dim] as number) / by;
  const mean = new Float64Array(dim);
  for (let at = 0; at < rows * dim; at++) mean[at % dim] = (mean[at % dim] as number) + from(at) / rows;
  const centered = Float64Array.from(data, (_, at) => from(at) - (mean[at % dim] as number));
  const spread = largest(centered);
  const isUniform = spread <= noise;
  const further = powerNear(spread);
  const matrix = isUniform ? new Float32Array(rows * dim) : Float32Array.from(centered, (value) => value / further);
  return { matrix: { rows, dim, data: matrix }, scale: by * further, isUniform: rows > 1 && isUniform };
}

/** The largest power of two that is not above the value; 1 for 0. */
const powerNear = (value: number): number => (value === 0 ? 1 : 2 ** Math.floor(Math.log2(value)));

const largest = (values: Float32Array | Float64Array): number => {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
};
