/** Numbers of any size as float32 that can be squared and added: projections compute with these. */
import type { Matrix } from './matrix.js';

export interface Conditioned {
  readonly matrix: Matrix;
  /** Differences of the numbers are so many times those of the matrix. */
  readonly scale: number;
  /** Rows of zeros, which have no direction. */
  readonly zeroRows: number;
  /** All rows are the same. */
  readonly isUniform: boolean;
}

interface Numbers {
  readonly rows: number;
  readonly dim: number;
  /** Finite. */
  readonly data: Float32Array | Float64Array;
}

/** Each row scaled to length 1, in double precision; rows of zeros stay. */
export function directions({ rows, dim, data }: Numbers): Conditioned {
  const matrix = new Float32Array(rows * dim);
  let zeroRows = 0;
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * dim, (row + 1) * dim);
    // Squares of the largest and the smallest doubles are none.
    const by = powerNear(largest(values));
    let sum = 0;
    for (const value of values) sum += (value / by) ** 2;
    const length = Math.sqrt(sum);
    if (length === 0) zeroRows++;
    else for (let d = 0; d < dim; d++) matrix[row * dim + d] = (values[d] as number) / by / length;
  }
  return { matrix: { rows, dim, data: matrix }, scale: 1, zeroRows, isUniform: isUniform(rows, dim, matrix) };
}

/** Around the columns' means, divided by a power of two: small differences of large numbers are kept. */
export function centeredAndScaled({ rows, dim, data }: Numbers): Conditioned {
  const by = powerNear(largest(data));
  // From the first row on, so that a column of one value gives zeros.
  const from = (at: number): number => (data[at] as number) / by - (data[at % dim] as number) / by;
  const mean = new Float64Array(dim);
  for (let at = 0; at < rows * dim; at++) mean[at % dim] = (mean[at % dim] as number) + from(at) / rows;
  const centered = Float64Array.from(data, (_, at) => from(at) - (mean[at % dim] as number));
  const further = powerNear(largest(centered));
  const matrix = Float32Array.from(centered, (value) => value / further);
  return {
    matrix: { rows, dim, data: matrix },
    scale: by * further,
    zeroRows: 0,
    isUniform: isUniform(rows, dim, data),
  };
}

/** The largest power of two that is not above the value; 1 for 0. */
const powerNear = (value: number): number => (value === 0 ? 1 : 2 ** Math.floor(Math.log2(value)));

const largest = (values: Float32Array | Float64Array): number => {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
};

function isUniform(rows: number, dim: number, data: Float32Array | Float64Array): boolean {
  for (let at = dim; at < rows * dim; at++) if (data[at] !== data[at - dim]) return false;
  return rows > 1;
}
