/** Exact nearest neighbors by Euclidean distance: all pairs are looked at, in compiled code. */
import { Kernels } from './kernels.js';
import type { Matrix, Pace } from './matrix.js';

export interface Neighbors {
  readonly k: number;
  /** [rows, k], the nearest first; a row is not its own neighbor. */
  readonly indices: Int32Array;
  /** [rows, k] */
  readonly distances: Float32Array;
}

/** About 16 MB of products at a time. */
const BLOCK_PRODUCTS = 4_000_000;

/**
 * @param k at most rows - 1
 * @throws RangeError when k is not from 1 to rows - 1
 */
export async function nearestNeighbors(matrix: Matrix, k: number, pace: Pace): Promise<Neighbors> {
  const { rows, dim } = matrix;
  if (!Number.isInteger(k) || k < 1 || k >= rows) throw new RangeError(`k must be from 1 to ${rows - 1}, not ${k}`);
  const centered = centeredAndPadded(matrix);
  const { paddedDim, paddedRows } = centered;
  const kernels = new Kernels();
  const all = kernels.put(centered.data);
  const norms = kernels.put(squaredNorms(centered.data, rows, paddedDim));
  const block = Math.max(4, Math.floor(BLOCK_PRODUCTS / paddedRows / 4) * 4);
  const products = kernels.allot(block * paddedRows);
  const best = kernels.allot(block * k);
  const scratch = kernels.allot(k);
  const indices = new Int32Array(rows * k);
  for (let start = 0; start < rows; start += block) {
    await pace(start / rows);
    const count = Math.min(block, rows - start);
    const padded = Math.ceil(count / 4) * 4;
    kernels.run.multiplyRows(all + start * paddedDim * 4, padded, all, paddedRows, paddedDim, products);
    kernels.run.nearestOfRows(products, count, rows, paddedRows, norms, start, k, best, scratch);
    indices.set(kernels.ints(best, count * k), start * k);
  }
  return ordered(matrix, dim, k, indices);
}

/** Distances between nearly equal rows are lost in the difference of products: they are taken from the rows, and sorted again. */
function ordered({ rows, data }: Matrix, dim: number, k: number, indices: Int32Array): Neighbors {
  const distances = new Float32Array(rows * k);
  for (let row = 0; row < rows; row++) {
    const own = Array.from(indices.subarray(row * k, (row + 1) * k), (other) => ({
      other,
      distance: distanceBetween(data, dim, row, other),
    }));
    own.sort((one, two) => one.distance - two.distance || one.other - two.other);
    own.forEach(({ other, distance }, rank) => {
      indices[row * k + rank] = other;
      distances[row * k + rank] = distance;
    });
  }
  return { k, indices, distances };
}

function distanceBetween(data: Float32Array, dim: number, one: number, two: number): number {
  let sum = 0;
  for (let d = 0; d < dim; d++) {
    const difference = (data[one * dim + d] as number) - (data[two * dim + d] as number);
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}

/** Around their mean, so that little is lost; filled up with zeros to the compiled loops' steps. */
function centeredAndPadded({ rows, dim, data }: Matrix) {
  const mean = new Float64Array(dim);
  for (let at = 0; at < rows * dim; at++) mean[at % dim] = (mean[at % dim] as number) + (data[at] as number) / rows;
  const paddedDim = Math.ceil(dim / 4) * 4;
  // A block of queries may begin up to three rows before the end.
  const paddedRows = Math.ceil(rows / 4) * 4;
  const padded = new Float32Array(paddedRows * paddedDim);
  for (let row = 0; row < rows; row++) {
    for (let d = 0; d < dim; d++) padded[row * paddedDim + d] = (data[row * dim + d] as number) - (mean[d] as number);
  }
  return { data: padded, paddedDim, paddedRows };
}

function squaredNorms(data: Float32Array, rows: number, dim: number): Float32Array {
  const norms = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let d = 0; d < dim; d++) sum += (data[row * dim + d] as number) ** 2;
    norms[row] = sum;
  }
  return norms;
}
