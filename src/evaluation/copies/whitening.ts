/** Whitening of descriptors, learned on other images: the class `PCA` of facebookresearch/dino's utils.py, and how its script uses it. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { FeatureMatrix } from '../knn.js';

/** Smaller eigenvalues, in shares of the largest, are raised to this. */
const LEAST_EIGENVALUE = 1e-5;

export interface Whitening {
  /** [dim], subtracted first. */
  readonly mean: Float64Array;
  /** [dim, dim], uncentered: the mean of x xT. The original subtracts the mean from what it applies this to, yet learns it without. */
  readonly secondMoment: Float64Array;
  /** [kept, dim]: eigenvectors, the largest eigenvalue first, each divided by the root of its own. Their signs are arbitrary. */
  readonly operator: Float64Array;
  /** What the kept dimensions hold of the sum of all eigenvalues. */
  readonly energy: number;
}

/**
 * In float64.
 * @param samples fewer than dimensions will do
 * @param kept dimensions of the result
 * @throws Error when there are no samples, or more dimensions are to be kept than there are
 */
export function learnWhitening(samples: FeatureMatrix, kept = samples.dim): Whitening {
  const { rows, dim } = samples;
  if (rows === 0) throw new Error('whitening needs at least one image to learn from');
  if (!(kept >= 1 && kept <= dim)) throw new Error(`of ${dim} dimensions ${kept} cannot be kept`);
  const mean = meanOf(samples);
  const secondMoment = secondMomentOf(samples);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    Matrix.from1DArray(dim, dim, secondMoment),
    {
      assumeSymmetric: true,
    },
  );
  const floor = Math.max(...realEigenvalues) * LEAST_EIGENVALUE;
  const raised = realEigenvalues.map((value) => Math.max(floor, value));
  const order = [...raised.keys()].sort((a, b) => (realEigenvalues[b] as number) - (realEigenvalues[a] as number));
  const operator = new Float64Array(kept * dim);
  order.slice(0, kept).forEach((index, row) => {
    const scale = 1 / Math.sqrt(raised[index] as number);
    for (let i = 0; i < dim; i++) operator[row * dim + i] = eigenvectorMatrix.get(i, index) * scale;
  });
  const sumOf = (indices: readonly number[]) => indices.reduce((sum, index) => sum + (raised[index] as number), 0);
  return { mean, secondMoment, operator, energy: sumOf(order.slice(0, kept)) / sumOf(order) };
}

/** @returns [rows, kept], not scaled to length 1 */
export function whiten({ rows, dim, data }: FeatureMatrix, { mean, operator }: Whitening): FeatureMatrix {
  const kept = operator.length / dim;
  const whitened = new Float32Array(rows * kept);
  for (let row = 0; row < rows; row++) {
    const centered = mean.map((value, i) => (data[row * dim + i] as number) - value);
    for (let out = 0; out < kept; out++) {
      let sum = 0;
      for (let i = 0; i < dim; i++) sum += (operator[out * dim + i] as number) * (centered[i] as number);
      whitened[row * kept + out] = sum;
    }
  }
  return { rows, dim: kept, data: whitened };
}

function meanOf({ rows, dim, data }: FeatureMatrix): Float64Array {
  const sums = new Float64Array(dim);
  data.forEach((value, i) => {
    sums[i % dim] = (sums[i % dim] as number) + value;
  });
  return sums.map((sum) => sum / rows);
}

function secondMomentOf({ rows, dim, data }: FeatureMatrix): Float64Array {
  const moment = new Float64Array(dim * dim);
  for (let row = 0; row < rows; row++) {
    const x = data.subarray(row * dim, (row + 1) * dim);
    for (let i = 0; i < dim; i++) {
      for (let j = 0; j <= i; j++)
        moment[i * dim + j] = (moment[i * dim + j] as number) + (x[i] as number) * (x[j] as number);
    }
  }
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j <= i; j++) {
      const value = (moment[i * dim + j] as number) / rows;
      moment[i * dim + j] = value;
      moment[j * dim + i] = value;
    }
  }
  return moment;
}
