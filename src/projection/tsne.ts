/**
 * t-SNE (van der Maaten and Hinton, 2008) with Barnes and Hut's approximation (van der Maaten, 2014), from the first principal components
 * on, with a learning rate that grows with the number of points (Belkina et al., 2019), as scikit-learn's.
 */
import { axisOf, type Descent, interleaved } from './descent.js';
import { type SparseMatrix, symmetric } from './graph.js';
import { Kernels } from './kernels.js';
import type { Neighbors } from './neighbors.js';

export interface TsneOptions {
  readonly perplexity: number;
  readonly iterations: number;
  /** Absent: a twelfth of the points for a force of 4, at least 50. */
  readonly learningRate?: number;
  /** 0 looks at every pair; larger is faster and coarser. */
  readonly theta?: number;
  /** Keep the given layout's shape: no exaggeration at first. For the next checkpoint of the same images. */
  readonly goesOn?: boolean;
}

/** A third more than usual: neighborhoods are kept a little better, by `npm run bench:projection`. */
const EXAGGERATION = 16;
const LEARNING_RATE_DIVISOR = 12;
const EXAGGERATED_STEPS = 250;
/** Finer than the usual 0.5, for a tenth to a fifth more time. */
const DEFAULT_THETA = 0.3;

/** The perplexity that so many points allow: each looks at three times as many neighbors. */
export const fittingPerplexity = (perplexity: number, rows: number): number =>
  Math.min(perplexity, Math.max(1, (rows - 1) / 3));

/** How many neighbors a perplexity takes, as far as there are so many points. */
export const neighborsFor = (perplexity: number, rows: number): number =>
  Math.min(rows - 1, Math.max(1, Math.floor(3 * perplexity + 1)));

export class Tsne implements Descent {
  readonly iterations: number;
  #iteration = 0;
  readonly #kernels = new Kernels();
  readonly #n: number;
  readonly #goesOn: boolean;
  readonly #theta: number;
  readonly #learningRate: number;
  readonly #areas: Areas;

  /** @param initial [n, 2] */
  constructor(neighbors: Neighbors, initial: Float32Array, options: TsneOptions) {
    const { perplexity, iterations, theta = DEFAULT_THETA, goesOn = false } = options;
    this.iterations = iterations;
    this.#n = initial.length / 2;
    this.#goesOn = goesOn;
    this.#theta = theta;
    this.#learningRate = options.learningRate ?? Math.max(this.#n / LEARNING_RATE_DIVISOR / 4, 50);
    const affinities = paddedRows(jointAffinities(neighbors, perplexity));
    this.#areas = layOut(this.#kernels, affinities, initial);
  }

  get iteration(): number {
    return this.#iteration;
  }

  step(): void {
    const exaggerated = !this.#goesOn && this.#iteration < EXAGGERATED_STEPS;
    const momentum = exaggerated ? 0.5 : 0.8;
    const { run } = this.#kernels;
    const { x, y, pullX, pullY, pushX, pushY, speedX, speedY, gainX, gainY } = this.#areas;
    const z = this.#forces();
    const exaggeration = exaggerated ? EXAGGERATION : 1;
    run.descend(x, this.#n, pullX, pushX, exaggeration, z, momentum, this.#learningRate, speedX, gainX);
    run.descend(y, this.#n, pullY, pushY, exaggeration, z, momentum, this.#learningRate, speedY, gainY);
    this.#iteration++;
  }

  /** The gradient of the divergence at the points as they are, [n, 2]: 4 (attraction - repulsion / Z). */
  gradient(): Float32Array {
    const z = this.#forces();
    const { pullX, pullY, pushX, pushY } = this.#areas;
    const of = (pull: number, push: number) => {
      const pushes = this.#kernels.floats(push, this.#n);
      return this.#kernels.floats(pull, this.#n).map((value, i) => 4 * (value - (pushes[i] as number) / z));
    };
    return interleaved(of(pullX, pushX), of(pullY, pushY));
  }

  layout(): Float32Array<ArrayBuffer> {
    const { x, y } = this.#areas;
    return interleaved(this.#kernels.floats(x, this.#n), this.#kernels.floats(y, this.#n));
  }

  /** @returns Z */
  #forces(): number {
    const { run } = this.#kernels;
    const n = this.#n;
    const a = this.#areas;
    run.attract(a.x, a.y, n, a.starts, a.columns, a.weights, a.pullX, a.pullY);
    const { keys, otherKeys, order, otherOrder, counts, sortedX, sortedY } = a;
    const side = run.sortAlongCurve(a.x, a.y, n, keys, otherKeys, order, otherOrder, counts, sortedX, sortedY);
    const theta = Math.max(this.#theta, 1e-6);
    const z = run.repel(keys, order, sortedX, sortedY, n, side, theta, a.cells, a.mostCells, a.pushX, a.pushY);
    if (z < 0) throw new Error('the tree of cells is larger than it can be');
    return Math.max(z, 1e-30);
  }
}

type Areas = ReturnType<typeof layOut>;

function layOut(kernels: Kernels, affinities: SparseMatrix, initial: Float32Array) {
  const n = initial.length / 2;
  // Each cell that is divided has two children or more, but for chains where points are close: at most one per level of the curve.
  const mostCells = 16 * n + 64;
  const areas = {
    x: kernels.put(axisOf(initial, 0)),
    y: kernels.put(axisOf(initial, 1)),
    starts: kernels.put(affinities.starts),
    columns: kernels.put(affinities.columns),
    weights: kernels.put(affinities.weights),
    pullX: kernels.allot(n),
    pullY: kernels.allot(n),
    pushX: kernels.allot(n),
    pushY: kernels.allot(n),
    speedX: kernels.allot(n),
    speedY: kernels.allot(n),
    gainX: kernels.put(new Float32Array(n).fill(1)),
    gainY: kernels.put(new Float32Array(n).fill(1)),
    keys: kernels.allot(n),
    otherKeys: kernels.allot(n),
    order: kernels.allot(n),
    otherOrder: kernels.allot(n),
    counts: kernels.allot(256),
    sortedX: kernels.allot(n + 4),
    sortedY: kernels.allot(n + 4),
    mostCells,
    cells: kernels.allot(8 * mostCells),
  };
  return areas;
}

/** p_ij: the two conditional affinities' sum over 2n, so that all sum to 1. */
export function jointAffinities(neighbors: Neighbors, perplexity: number): SparseMatrix {
  const rows = neighbors.indices.length / neighbors.k;
  return symmetric(neighbors, conditionalAffinities(neighbors, perplexity), (one, other) => (one + other) / (2 * rows));
}

const MOST_HALVINGS = 100;
const ENTROPY_TOLERANCE = 1e-5;

/** p_j|i for each neighbor: Gaussian in the distance, as wide as gives each point the perplexity. [rows, k] */
function conditionalAffinities({ k, distances }: Neighbors, perplexity: number): Float32Array {
  const rows = distances.length / k;
  const wanted = Math.log(Math.min(perplexity, k));
  const affinities = new Float32Array(distances.length);
  const squared = new Float64Array(k);
  const values = new Float64Array(k);
  for (let row = 0; row < rows; row++) {
    // Distances beyond the nearest count alone: the common part cancels out.
    const nearest = (distances[row * k] as number) ** 2;
    let mean = 0;
    for (let rank = 0; rank < k; rank++) {
      squared[rank] = (distances[row * k + rank] as number) ** 2 - nearest;
      mean += (squared[rank] as number) / k;
    }
    let beta = mean > 0 ? 1 / mean : 1;
    let least = 0;
    let most = Number.POSITIVE_INFINITY;
    for (let halving = 0; halving < MOST_HALVINGS; halving++) {
      let sum = 0;
      let weighted = 0;
      for (let rank = 0; rank < k; rank++) {
        const value = Math.exp(-(squared[rank] as number) * beta);
        values[rank] = value;
        sum += value;
        weighted += value * (squared[rank] as number);
      }
      const difference = Math.log(sum) + (beta * weighted) / sum - wanted;
      for (let rank = 0; rank < k; rank++) affinities[row * k + rank] = (values[rank] as number) / sum;
      // Where all neighbors are equally far, no width changes anything.
      if (Math.abs(difference) < ENTROPY_TOLERANCE || mean === 0) break;
      if (difference > 0) least = beta;
      else most = beta;
      beta = most === Number.POSITIVE_INFINITY ? beta * 2 : (least + most) / 2;
    }
  }
  return affinities;
}

/** Rows of a multiple of four entries: the rest is the point itself, with weight 0. */
function paddedRows({ starts, columns, weights }: SparseMatrix): SparseMatrix {
  const rows = starts.length - 1;
  const paddedStarts = new Int32Array(rows + 1);
  for (let row = 0; row < rows; row++) {
    const length = (starts[row + 1] as number) - (starts[row] as number);
    paddedStarts[row + 1] = (paddedStarts[row] as number) + Math.ceil(length / 4) * 4;
  }
  const paddedColumns = new Int32Array(paddedStarts[rows] as number);
  const paddedWeights = new Float32Array(paddedColumns.length);
  for (let row = 0; row < rows; row++) {
    const [start, end] = [starts[row] as number, starts[row + 1] as number];
    const place = paddedStarts[row] as number;
    paddedColumns.fill(row, place, paddedStarts[row + 1]);
    paddedColumns.set(columns.subarray(start, end), place);
    paddedWeights.set(weights.subarray(start, end), place);
  }
  return { starts: paddedStarts, columns: paddedColumns, weights: paddedWeights };
}
