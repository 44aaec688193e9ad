/** UMAP (McInnes, Healy and Melville, 2018): compiled, live, and from a given layout on, which umap-js is not. */
import { axisOf, type Descent, interleaved } from './descent.js';
import { type SparseMatrix, symmetric } from './graph.js';
import { Kernels } from './kernels.js';
import type { Neighbors } from './neighbors.js';

export interface UmapOptions {
  readonly iterations: number;
  /** How close points may lie, where the clusters are about 10 wide. */
  readonly minDist: number;
  readonly seed: number;
  /** Keep the given layout's shape: small steps. */
  readonly goesOn?: boolean;
}

const PUSHES_PER_PULL = 5;

export class Umap implements Descent {
  readonly iterations: number;
  #iteration = 0;
  readonly #kernels = new Kernels();
  readonly #n: number;
  readonly #edges: number;
  readonly #curve: { readonly a: number; readonly b: number };
  readonly #rate: number;
  readonly #seed: number;
  readonly #areas;

  /** @param initial [n, 2], about 20 wide */
  constructor(neighbors: Neighbors, initial: Float32Array, options: UmapOptions) {
    const { iterations, minDist, seed, goesOn = false } = options;
    this.iterations = iterations;
    this.#n = initial.length / 2;
    this.#curve = fitCurve(minDist);
    this.#rate = goesOn ? 0.25 : 1;
    this.#seed = seed;
    const graph = fuzzyUnion(neighbors);
    const most = graph.weights.reduce((largest, weight) => Math.max(largest, weight), 0);
    // An edge that would not be due once is of no use.
    const kept = graph.weights.reduce((count, weight) => count + (weight * iterations >= most ? 1 : 0), 0);
    const heads = new Int32Array(kept);
    const tails = new Int32Array(kept);
    const every = new Float32Array(kept);
    let edge = 0;
    for (let row = 0; row < this.#n; row++) {
      for (let at = graph.starts[row] as number; at < (graph.starts[row + 1] as number); at++) {
        const weight = graph.weights[at] as number;
        if (weight * iterations < most) continue;
        heads[edge] = row;
        tails[edge] = graph.columns[at] as number;
        every[edge++] = most / weight;
      }
    }
    this.#edges = kept;
    this.#areas = {
      x: this.#kernels.put(axisOf(initial, 0)),
      y: this.#kernels.put(axisOf(initial, 1)),
      heads: this.#kernels.put(heads),
      tails: this.#kernels.put(tails),
      every: this.#kernels.put(every),
      due: this.#kernels.put(every),
      pushDue: this.#kernels.put(every.map((period) => period / PUSHES_PER_PULL)),
    };
  }

  get iteration(): number {
    return this.#iteration;
  }

  step(): void {
    const { x, y, heads, tails, every, due, pushDue } = this.#areas;
    const { a, b } = this.#curve;
    const epoch = this.#iteration;
    const rate = this.#rate * (1 - epoch / this.iterations);
    const seed = (Math.imul(epoch + 1, 0x9e3779b1) ^ this.#seed) | 1;
    this.#kernels.run.umapEpoch(
      x,
      y,
      this.#n,
      heads,
      tails,
      every,
      due,
      pushDue,
      this.#edges,
      epoch,
      PUSHES_PER_PULL,
      a,
      b,
      rate,
      seed,
    );
    this.#iteration++;
  }

  layout(): Float32Array<ArrayBuffer> {
    const { x, y } = this.#areas;
    return interleaved(this.#kernels.floats(x, this.#n), this.#kernels.floats(y, this.#n));
  }
}

const HALVINGS = 64;

/** The weight of an edge: that it is there by i's scale or by j's. */
function fuzzyUnion(neighbors: Neighbors): SparseMatrix {
  const { k, distances } = neighbors;
  const rows = distances.length / k;
  const wanted = Math.log2(k + 1);
  const weights = new Float32Array(distances.length);
  for (let row = 0; row < rows; row++) {
    const own = distances.subarray(row * k, (row + 1) * k);
    const nearest = own.find((distance) => distance > 0) ?? 0;
    const mean = own.reduce((sum, distance) => sum + distance, 0) / k;
    let least = 0;
    let most = Number.POSITIVE_INFINITY;
    let scale = 1;
    for (let halving = 0; halving < HALVINGS; halving++) {
      let sum = 0;
      for (const distance of own) sum += Math.exp(-Math.max(0, distance - nearest) / scale);
      if (Math.abs(sum - wanted) < 1e-5) break;
      if (sum > wanted) most = scale;
      else least = scale;
      scale = most === Number.POSITIVE_INFINITY ? scale * 2 : (least + most) / 2;
    }
    scale = Math.max(scale, 1e-3 * mean, 1e-12);
    own.forEach((distance, rank) => {
      weights[row * k + rank] = Math.exp(-Math.max(0, distance - nearest) / scale);
    });
  }
  return symmetric(neighbors, weights, (one, other) => one + other - one * other);
}

const SPREAD = 1;

/** The a and b whose curve 1 / (1 + a d^2b) is nearest to 1 up to minDist and to a decay behind it: least squares by Gauss and Newton. */
export function fitCurve(minDist: number): { a: number; b: number } {
  let a = 1;
  let b = 1;
  const distances = Array.from({ length: 299 }, (_, i) => ((i + 1) * 3 * SPREAD) / 299);
  for (let round = 0; round < 100; round++) {
    let [aa, ab, bb, ar, br] = [1e-9, 0, 1e-9, 0, 0];
    for (const d of distances) {
      const target = d < minDist ? 1 : Math.exp(-(d - minDist) / SPREAD);
      const power = d ** (2 * b);
      const value = 1 / (1 + a * power);
      const byA = -power * value * value;
      const byB = -2 * a * Math.log(d) * power * value * value;
      const rest = target - value;
      aa += byA * byA;
      ab += byA * byB;
      bb += byB * byB;
      ar += byA * rest;
      br += byB * rest;
    }
    const determinant = aa * bb - ab * ab;
    a = Math.max(1e-3, a + (bb * ar - ab * br) / determinant);
    b = Math.max(1e-3, b + (aa * br - ab * ar) / determinant);
  }
  return { a, b };
}
