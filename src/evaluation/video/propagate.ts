/** Labels carried from frame to frame by similar patches: `label_propagation` of facebookresearch/dino's eval_video_segmentation.py. */

export interface PropagationSettings {
  /** How many of the last frames are sources, besides the first one. */
  readonly frames: number;
  /** Sources lie within so many rows and columns; 0: anywhere. */
  readonly radius: number;
  /** How many of all sources together a patch takes its labels from; those as similar as the last of them count too. */
  readonly topK: number;
}

/** The script's own. */
export const DAVIS_SETTINGS: PropagationSettings = { frames: 7, radius: 12, topK: 5 };

const TEMPERATURE = 0.1;
const LEAST_NORM = 1e-12;

export interface Grid {
  readonly rows: number;
  readonly columns: number;
}

interface Source {
  /** [patches, dim], each of length 1. */
  readonly tokens: Float64Array;
  /** [labels, patches] */
  readonly labels: Float64Array;
}

/** Of one video. All in float64. */
export class LabelPropagation {
  readonly #first: Source;
  readonly #last: Source[] = [];
  readonly #labels: number;

  /**
   * @param tokens of the first frame, [patches, dim]
   * @param labels of its patches, [labels, patches]
   */
  constructor(
    readonly grid: Grid,
    tokens: Float32Array,
    labels: Float32Array,
    readonly settings: PropagationSettings = DAVIS_SETTINGS,
  ) {
    this.#labels = labels.length / (grid.rows * grid.columns);
    this.#first = { tokens: normalized(tokens, grid), labels: Float64Array.from(labels) };
  }

  /**
   * The labels of the next frame, [labels, patches], at the resolution of the patches: soft, as they become sources in turn. Where there
   * are fewer sources than `topK`, where the original stops, all of them count.
   * @param frame its tokens, [patches, dim]
   */
  next(frame: Float32Array): Float32Array {
    const tokens = normalized(frame, this.grid);
    const sources = [this.#first, ...this.#last];
    const patches = this.grid.rows * this.grid.columns;
    const labels = new Float64Array(this.#labels * patches);
    for (let patch = 0; patch < patches; patch++) this.#label(patch, tokens, sources, labels);
    this.#last.push({ tokens, labels });
    if (this.#last.length > this.settings.frames) this.#last.shift();
    return Float32Array.from(labels);
  }

  #label(patch: number, tokens: Float64Array, sources: readonly Source[], into: Float64Array): void {
    const patches = this.grid.rows * this.grid.columns;
    const dim = tokens.length / patches;
    const near = neighborsOf(this.grid, patch, this.settings.radius);
    const weights = new Float64Array(sources.length * near.length);
    sources.forEach((source, index) => {
      near.forEach((other, place) => {
        let product = 0;
        for (let i = 0; i < dim; i++)
          product += (tokens[patch * dim + i] as number) * (source.tokens[other * dim + i] as number);
        weights[index * near.length + place] = Math.exp(product / TEMPERATURE);
      });
    });
    const least = kthLargest(weights, this.settings.topK);
    let sum = 0;
    weights.forEach((weight, at) => {
      if (weight < least) return;
      sum += weight;
      const { labels } = sources[Math.floor(at / near.length)] as Source;
      const other = near[at % near.length] as number;
      for (let label = 0; label < this.#labels; label++) {
        const to = label * patches + patch;
        into[to] = (into[to] as number) + weight * (labels[label * patches + other] as number);
      }
    });
    for (let to = patch; to < into.length; to += patches) into[to] = (into[to] as number) / sum;
  }
}

/** The patches within `radius` rows and columns of one, in reading order; 0: all (`restrict_neighborhood`). */
export function neighborsOf({ rows, columns }: Grid, patch: number, radius: number): Int32Array {
  if (radius === 0) return Int32Array.from({ length: rows * columns }, (_, i) => i);
  const row = Math.floor(patch / columns);
  const column = patch % columns;
  const [top, left] = [Math.max(0, row - radius), Math.max(0, column - radius)];
  const height = Math.min(rows - 1, row + radius) - top + 1;
  const width = Math.min(columns - 1, column + radius) - left + 1;
  return Int32Array.from(
    { length: height * width },
    (_, i) => (top + Math.floor(i / width)) * columns + left + (i % width),
  );
}

function normalized(tokens: Float32Array, { rows, columns }: Grid): Float64Array {
  const dim = tokens.length / (rows * columns);
  const result = Float64Array.from(tokens);
  for (let start = 0; start < result.length; start += dim) {
    const row = result.subarray(start, start + dim);
    const norm = Math.max(LEAST_NORM, Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)));
    for (let i = 0; i < dim; i++) row[i] = (row[i] as number) / norm;
  }
  return result;
}

/** The smallest of all where there are fewer than `k`. */
function kthLargest(weights: Float64Array, k: number): number {
  const kept: number[] = [];
  for (const weight of weights) {
    if (kept.length >= k && weight <= (kept.at(-1) as number)) continue;
    let place = kept.length;
    while (place > 0 && (kept[place - 1] as number) < weight) place--;
    kept.splice(place, 0, weight);
    if (kept.length > k) kept.pop();
  }
  return kept.at(-1) as number;
}
