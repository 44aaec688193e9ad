/** From features to the plane by the method that a person chose. */
import type { ProjectionMethod } from '../protocol/projection.js';
import type { Descent } from './descent.js';
import type { Matrix, Pace } from './matrix.js';
import { type Neighbors, nearestNeighbors } from './neighbors.js';
import { principalComponents } from './pca.js';
import { Randomness } from './randomness.js';
import { fittingPerplexity, neighborsFor, Tsne } from './tsne.js';
import { Umap } from './umap.js';

/** Exact neighbors of more rows than this are looked for in fewer dimensions. */
const MANY_ROWS = 20_000;
const REDUCED_DIMENSIONS = 50;

/** What does not change while points move: made once for several layouts of the same features. */
export class ProjectionInput {
  #neighbors: Neighbors | undefined;
  #neighborDimensions = 0;
  #reduced: { readonly dimensions: number; readonly matrix: Matrix } | undefined;

  /** @throws Error when a number is not finite */
  constructor(
    readonly features: Matrix,
    private readonly seed: number,
  ) {
    const at = features.data.findIndex((value) => !Number.isFinite(value));
    if (at >= 0)
      throw new Error(
        `The features of row ${Math.floor(at / features.dim) + 1} are not finite (${features.data[at]}): they cannot be laid out.`,
      );
  }

  /** The first two principal components, [n, 2]. */
  async plane(pace: Pace): Promise<{ layout: Float32Array<ArrayBuffer>; explained: Float64Array }> {
    const { rows } = this.features;
    const { scores, count, explained } = await principalComponents(this.features, 2, this.seed, pace);
    const layout = new Float32Array(2 * rows);
    for (let row = 0; row < rows; row++) {
      layout[2 * row] = scores[row * count] as number;
      layout[2 * row + 1] = count > 1 ? (scores[row * count + 1] as number) : 0;
    }
    return { layout, explained };
  }

  /** @param wanted dimensions that the features are first reduced to */
  async neighbors(k: number, wanted: number | undefined, pace: Pace): Promise<Neighbors> {
    const { rows, dim } = this.features;
    const dimensions = wanted ?? (rows > MANY_ROWS ? REDUCED_DIMENSIONS : dim);
    const matrix = dimensions < dim ? await this.#reducedTo(dimensions, pace) : this.features;
    if (this.#neighbors === undefined || this.#neighbors.k !== k || this.#neighborDimensions !== matrix.dim) {
      this.#neighbors = await nearestNeighbors(matrix, k, pace);
      this.#neighborDimensions = matrix.dim;
    }
    return this.#neighbors;
  }

  async #reducedTo(dimensions: number, pace: Pace): Promise<Matrix> {
    if (this.#reduced?.dimensions !== dimensions) {
      const { scores, count } = await principalComponents(this.features, dimensions, this.seed, pace);
      this.#reduced = { dimensions, matrix: { rows: this.features.rows, dim: count, data: scores } };
    }
    return this.#reduced.matrix;
  }
}

/** Of the first layout along x, as scikit-learn's: so small that no structure is frozen in. */
const TSNE_INITIAL_DEVIATION = 1e-4;
/** Of UMAP's, in both directions. */
const UMAP_INITIAL_EXTENT = 10;
/** Of fewer rows, every method gives the principal components. */
export const FEWEST_FOR_NEIGHBORS = 3;

/**
 * Begins a projection; the layout is there when all its steps are done.
 * @param from a layout of the same images by another checkpoint, [n, 2]: points stay near where they were
 * @throws what `pace` throws
 */
export async function beginProjection(
  input: ProjectionInput,
  method: ProjectionMethod,
  seed: number,
  pace: Pace,
  from?: Float32Array,
): Promise<Descent> {
  const { rows } = input.features;
  if (method.kind === 'pca' || rows < FEWEST_FOR_NEIGHBORS) {
    const { layout } = await input.plane(pace);
    return still(from === undefined ? layout : turnedTowards(layout, from));
  }
  const goesOn = from !== undefined;
  const k =
    method.kind === 'tsne' ? neighborsFor(method.perplexity, rows) : Math.min(rows - 1, Math.max(2, method.neighbors));
  const reduced = method.kind === 'tsne' ? method.pcaDimensions : undefined;
  const neighbors = await input.neighbors(k, reduced, pace);
  const initial = from ?? (await input.plane(pace)).layout;
  if (method.kind === 'umap') {
    const placed = goesOn ? initial : scaled(initial, UMAP_INITIAL_EXTENT / largest(initial), 1e-3, seed);
    return new Umap(neighbors, placed, { ...method, seed, goesOn });
  }
  const placed = goesOn ? initial : scaled(initial, TSNE_INITIAL_DEVIATION / deviation(initial), 1e-7, seed);
  const { iterations, learningRate } = method;
  return new Tsne(neighbors, placed, {
    perplexity: fittingPerplexity(method.perplexity, rows),
    iterations,
    goesOn,
    ...(learningRate !== undefined && { learningRate }),
  });
}

const still = (layout: Float32Array<ArrayBuffer>): Descent => ({
  iterations: 0,
  iteration: 0,
  step: () => undefined,
  layout: () => layout,
});

/** Points that coincide would never part: each is moved by a little noise. */
function scaled(layout: Float32Array, factor: number, noise: number, seed: number): Float32Array {
  const random = new Randomness(seed);
  const by = Number.isFinite(factor) ? factor : 0;
  return layout.map((value) => value * by + noise * random.normal());
}

const largest = (layout: Float32Array): number => layout.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Of x; its mean is 0. */
function deviation(layout: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < layout.length; at += 2) sum += (layout[at] as number) ** 2;
  return Math.sqrt((2 * sum) / layout.length);
}

/** Turned, or mirrored, so that points come nearest to where they are in the other layout (Procrustes, without scaling). */
export function turnedTowards(layout: Float32Array, other: Float32Array): Float32Array<ArrayBuffer> {
  let [xx, xy, yx, yy] = [0, 0, 0, 0];
  for (let at = 0; at < layout.length; at += 2) {
    const [x, y] = [layout[at] as number, layout[at + 1] as number];
    const [u, v] = [other[at] as number, other[at + 1] as number];
    xx += x * u;
    xy += x * v;
    yx += y * u;
    yy += y * v;
  }
  // The best rotation's fit, and the best reflection's.
  const isMirrored = Math.hypot(xx - yy, xy + yx) > Math.hypot(xx + yy, xy - yx);
  const angle = isMirrored ? Math.atan2(xy + yx, xx - yy) : Math.atan2(xy - yx, xx + yy);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const turned = new Float32Array(layout.length);
  for (let at = 0; at < layout.length; at += 2) {
    const x = layout[at] as number;
    const y = (layout[at + 1] as number) * (isMirrored ? -1 : 1);
    turned[at] = cos * x - sin * y;
    turned[at + 1] = sin * x + cos * y;
  }
  return turned;
}
