import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Matrix } from '../../../src/projection/matrix.js';
import { nearestNeighbors } from '../../../src/projection/neighbors.js';
import { principalComponents } from '../../../src/projection/pca.js';
import { beginProjection, ProjectionInput, turnedTowards } from '../../../src/projection/project.js';
import { Randomness } from '../../../src/projection/randomness.js';
import { jointAffinities, neighborsFor, Tsne } from '../../../src/projection/tsne.js';
import { fitCurve } from '../../../src/projection/umap.js';
import type { ProjectionMethod } from '../../../src/protocol/projection.js';
import { layoutQuality } from './layoutQuality.js';
import { noPace } from './noPace.js';

/** Points around a few centers in many dimensions. */
function clusters(count: number, each: number, dim: number): Matrix & { labels: number[] } {
  const random = new Randomness(7);
  const centers = Array.from({ length: count }, () => Array.from({ length: dim }, () => 4 * random.normal()));
  const rows = count * each;
  const data = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) {
    for (let d = 0; d < dim; d++) data[row * dim + d] = (centers[row % count]?.[d] ?? 0) + random.normal();
  }
  return { rows, dim, data, labels: Array.from({ length: rows }, (_, row) => row % count) };
}

async function project(features: Matrix, method: ProjectionMethod, from?: Float32Array): Promise<Float32Array> {
  const descent = await beginProjection(new ProjectionInput(features, 0), method, 0, noPace, from);
  while (descent.iteration < descent.iterations) descent.step();
  return descent.layout();
}

const TSNE: ProjectionMethod = { kind: 'tsne', perplexity: 15, iterations: 500 };
const UMAP: ProjectionMethod = { kind: 'umap', neighbors: 15, minDist: 0.1, iterations: 200 };

/** The share of points whose nearest point in the plane is of their cluster. */
async function purity(layout: Float32Array, labels: readonly number[]): Promise<number> {
  const { indices } = await nearestNeighbors({ rows: labels.length, dim: 2, data: layout }, 1, noPace);
  return labels.filter((label, row) => labels[indices[row] ?? 0] === label).length / labels.length;
}

/** By all pairs, in double precision: van der Maaten's formula. */
function exactGradient(affinities: (i: number, j: number) => number, layout: Float32Array): Float64Array {
  const n = layout.length / 2;
  const q = (i: number, j: number) => {
    const dx = (layout[2 * i] ?? 0) - (layout[2 * j] ?? 0);
    const dy = (layout[2 * i + 1] ?? 0) - (layout[2 * j + 1] ?? 0);
    return { dx, dy, q: 1 / (1 + dx * dx + dy * dy) };
  };
  let z = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (i !== j) z += q(i, j).q;
  const gradient = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i === j) continue;
      const pair = q(i, j);
      const force = 4 * (affinities(i, j) - pair.q / z) * pair.q;
      gradient[2 * i] = (gradient[2 * i] ?? 0) + force * pair.dx;
      gradient[2 * i + 1] = (gradient[2 * i + 1] ?? 0) + force * pair.dy;
    }
  }
  return gradient;
}

const norm = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values));
const relative = (values: ArrayLike<number>, reference: ArrayLike<number>): number =>
  norm(Array.from(values, (value, i) => value - (reference[i] ?? 0))) / norm(reference);

describe('nearest neighbors', () => {
  it('are those of all pairs, whatever the sizes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 70 }),
        fc.integer({ min: 1, max: 13 }),
        fc.nat(),
        async (rows, dim, seed) => {
          const random = new Randomness(seed);
          const data = Float32Array.from({ length: rows * dim }, () => random.normal() + 3);
          const k = Math.min(5, rows - 1);
          const { indices, distances } = await nearestNeighbors({ rows, dim, data }, k, noPace);
          for (let row = 0; row < rows; row++) {
            const all = Array.from({ length: rows }, (_, other) => ({
              other,
              distance: norm(
                Array.from({ length: dim }, (_, d) => (data[row * dim + d] ?? 0) - (data[other * dim + d] ?? 0)),
              ),
            }))
              .filter(({ other }) => other !== row)
              .sort((one, two) => one.distance - two.distance);
            expect(indices[row * k]).toBe(all[0]?.other);
            for (let rank = 0; rank < k; rank++)
              expect(distances[row * k + rank]).toBeCloseTo(all[rank]?.distance ?? 0, 4);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('can be cancelled', async () => {
    const stop = async () => {
      throw new Error('enough');
    };
    await expect(nearestNeighbors(clusters(2, 20, 4), 3, stop)).rejects.toThrow('enough');
  });
});

describe('principal components', () => {
  it('are the widest directions, in their order', async () => {
    const random = new Randomness(1);
    const widths = [9, 5, 2, 1, 0.5, 0.1];
    const data = Float32Array.from({ length: 400 * 6 }, (_, at) => 5 + (widths[at % 6] ?? 0) * random.normal());
    const { scores, explained } = await principalComponents({ rows: 400, dim: 6, data }, 2, 0, noPace);
    const column = (d: number, of: Float32Array, stride: number) =>
      Array.from({ length: 400 }, (_, row) => of[row * stride + d] ?? 0);
    const correlation = (one: number[], two: number[]) => {
      const centered = (values: number[]) => {
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        return values.map((value) => value - mean);
      };
      const [a, b] = [centered(one), centered(two)];
      return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0) / (norm(a) * norm(b));
    };
    expect(Math.abs(correlation(column(0, scores, 2), column(0, data, 6)))).toBeGreaterThan(0.99);
    expect(Math.abs(correlation(column(1, scores, 2), column(1, data, 6)))).toBeGreaterThan(0.98);
    expect(explained[0]).toBeGreaterThan(0.6);
    expect((explained[0] ?? 0) + (explained[1] ?? 0)).toBeLessThan(1);
  });
});

describe('t-SNE', () => {
  it('has the gradient of all pairs, exactly at theta 0 and nearly at 0.5', async () => {
    const features = clusters(4, 40, 12);
    const k = neighborsFor(10, features.rows);
    const neighbors = await nearestNeighbors(features, k, noPace);
    const { starts, columns, weights } = jointAffinities(neighbors, 10);
    const joint = new Map<string, number>();
    for (let row = 0; row < features.rows; row++) {
      for (let at = starts[row] ?? 0; at < (starts[row + 1] ?? 0); at++)
        joint.set(`${row} ${columns[at]}`, weights[at] ?? 0);
    }
    expect([...joint.values()].reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4);
    expect(joint.get('3 7')).toBe(joint.get('7 3'));
    const layout = await project(features, { kind: 'pca' });
    const exact = exactGradient((i, j) => joint.get(`${i} ${j}`) ?? 0, layout);
    const gradientAt = (theta: number) =>
      new Tsne(neighbors, layout, { perplexity: 10, iterations: 1, theta }).gradient();
    expect(relative(gradientAt(0), exact)).toBeLessThan(1e-4);
    expect(relative(gradientAt(0.5), exact)).toBeLessThan(0.02);
  });

  it('keeps neighborhoods that PCA does not, and parts what is apart', async () => {
    const features = clusters(8, 40, 30);
    const tsne = await project(features, TSNE);
    const quality = layoutQuality(features, tsne, 10);
    const plane = layoutQuality(features, await project(features, { kind: 'pca' }), 10);
    expect(quality.trustworthiness).toBeGreaterThan(plane.trustworthiness + 0.01);
    expect(quality.preservation).toBeGreaterThan(plane.preservation + 0.1);
    expect(await purity(tsne, features.labels)).toBe(1);
  });

  it('gives the same plot again', async () => {
    const features = clusters(3, 20, 5);
    expect(await project(features, TSNE)).toEqual(await project(features, TSNE));
  });

  it('starts where another checkpoint left the points', async () => {
    const features = clusters(4, 30, 10);
    const before = await project(features, TSNE);
    const random = new Randomness(3);
    const later = { ...features, data: features.data.map((value) => value + 0.05 * random.normal()) };
    const after = await project(later, { ...TSNE, iterations: 100 }, before);
    expect(relative(after, before)).toBeLessThan(0.3);
    expect(relative(await project(later, { ...TSNE, perplexity: 14 }), before)).toBeGreaterThan(0);
  });
});

describe('UMAP', () => {
  it('parts what is apart', async () => {
    const features = clusters(8, 40, 30);
    const layout = await project(features, UMAP);
    expect(await purity(layout, features.labels)).toBe(1);
    expect(layoutQuality(features, layout, 10).trustworthiness).toBeGreaterThan(0.9);
  });

  it('has the curve that umap-learn fits', () => {
    const { a, b } = fitCurve(0.1);
    expect(a).toBeCloseTo(1.577, 2);
    expect(b).toBeCloseTo(0.895, 2);
  });
});

describe('few images, and images that are all the same', () => {
  const methods: ProjectionMethod[] = [TSNE, UMAP, { kind: 'pca' }];
  it.each(methods)('are laid out by $kind', async (method) => {
    for (const rows of [1, 2, 3, 5, 40]) {
      const same = { rows, dim: 6, data: new Float32Array(rows * 6).fill(0.4) };
      const layout = await project(same, method);
      expect(layout).toHaveLength(2 * rows);
      expect(layout.every(Number.isFinite)).toBe(true);
    }
  });
});

describe('a layout beside another', () => {
  it('is turned and mirrored onto it', () => {
    const layout = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i * 1.7) * (i % 2 ? 1 : 3));
    const turned = layout.map((_, at) => {
      const [x, y] = [layout[at - (at % 2)] ?? 0, layout[at - (at % 2) + 1] ?? 0];
      return at % 2 === 0 ? 0.6 * x + 0.8 * y : 0.8 * x - 0.6 * y;
    });
    expect(relative(turnedTowards(layout, turned), turned)).toBeLessThan(1e-5);
  });
});

describe('the quality of a layout', () => {
  it('is 1 for the features themselves', () => {
    const random = new Randomness(5);
    const plane = { rows: 60, dim: 2, data: Float32Array.from({ length: 120 }, () => random.normal()) };
    expect(layoutQuality(plane, plane.data, 7)).toEqual({ trustworthiness: 1, preservation: 1 });
    const shuffled = Float32Array.from({ length: 120 }, () => random.normal());
    expect(layoutQuality(plane, shuffled, 7).trustworthiness).toBeLessThan(0.7);
  });
});
