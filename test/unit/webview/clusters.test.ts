import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterMarks } from '../../../webview/embedding/clusterMarks.js';
import { colorByValues } from '../../../webview/embedding/coloring.js';
import { densityOf, peaksOf, typicalFirst } from '../../../webview/embedding/density.js';
import { fitted } from '../../../webview/embedding/geometry.js';
import { levelAt, sideAt, ThumbnailLevels } from '../../../webview/embedding/thumbnailLevels.js';

const allOf = (positions: Float32Array) => Int32Array.from({ length: positions.length / 2 }, (_, point) => point);
const peaksIn = (positions: Float32Array, leastShare: number) => {
  const points = allOf(positions);
  return peaksOf(positions, points, densityOf(positions, points), leastShare);
};
/** So many points around each center; the spiral of the golden angle fills a disk evenly. */
function disks(centers: readonly (readonly [x: number, y: number, count: number])[], radius = 0.15): Float32Array {
  return Float32Array.from(
    centers.flatMap(([x, y, count]) =>
      Array.from({ length: count }, (_, i) => {
        const [angle, out] = [2.399963 * i, radius * Math.sqrt(i / count)];
        return [x + out * Math.cos(angle), y + out * Math.sin(angle)];
      }).flat(),
    ),
  );
}

describe('where points gather', () => {
  it('is found, the largest gathering first, with its mass', () => {
    const positions = disks([
      [-0.6, -0.5, 60],
      [0.5, 0.6, 200],
    ]);
    const peaks = peaksIn(positions, 0.05);
    expect(peaks.map(({ mass }) => mass)).toEqual([200, 60]);
    expect(peaks[0]?.x).toBeCloseTo(0.5, 1);
    expect(peaks[0]?.y).toBeCloseTo(0.6, 1);
    expect(peaks[1]?.x).toBeCloseTo(-0.6, 1);
    expect(peaksIn(positions, 0.5)).toHaveLength(1);
  });

  it('is the same for one point, and for none', () => {
    const one = Float32Array.of(1, -1);
    expect(peaksIn(one, 0)).toEqual([{ x: 1, y: -1, mass: 1 }]);
    expect(peaksIn(new Float32Array(), 0)).toEqual([]);
  });

  it('has the most typical points, which come first; what does not count is left out', () => {
    const positions = disks([
      [0, 0, 100],
      [0.9, 0.9, 1],
    ]);
    const points = allOf(positions).filter((point) => point !== 3);
    const order = [...typicalFirst(positions, points, densityOf(positions, points))];
    expect(order).toHaveLength(100);
    expect(order.at(-1)).toBe(100);
    expect(order).not.toContain(3);
    // Nearer to the middle than those that come last.
    expect(Math.max(...order.slice(0, 5))).toBeLessThan(Math.min(...order.slice(-6, -1)));
  });
});

describe('what stands for a cluster', () => {
  const centers = [
    [-0.7, 0, 100],
    [0.7, 0, 80],
    [0, 0.8, 40],
  ] as const;
  const positions = disks(centers);
  const legendOf = (values: readonly string[]) => colorByValues(values, ['#000000', '#ff0000'], '#808080').legend;

  it('is the name of its class, twice where the class has two places far from each other', () => {
    const values = ['cats', 'dogs', 'cats'].flatMap((name, at) => Array<string>(centers[at]?.[2] ?? 0).fill(name));
    const { names, images } = clusterMarks(positions, allOf(positions), legendOf(values));
    expect(names.map(({ name, mass }) => [name, mass])).toEqual([
      ['cats', 100],
      ['dogs', 80],
    ]);
    const elsewhere = values.map((_, point) => (point < 180 ? 'cats' : 'dogs'));
    const marks = clusterMarks(positions, allOf(positions), legendOf(elsewhere)).names.map(({ name, x }) => [
      name,
      x.toFixed(1),
    ]);
    expect(marks).toEqual([
      ['cats', '-0.7'],
      ['cats', '0.7'],
      ['dogs', expect.stringMatching(/^-?0\.0$/)],
    ]);
    expect(images).toEqual([]);
  });

  it('is its most typical image where there are no classes', () => {
    for (const values of [Array<string>(220).fill(''), Array.from({ length: 220 }, (_, i) => `${i / 7}`)]) {
      const { names, images } = clusterMarks(positions, allOf(positions), legendOf(values));
      expect(names).toEqual([]);
      expect(images.map((image) => [100, 180, 220].findIndex((end) => image < end))).toEqual([0, 1, 2]);
    }
  });

  it('is of those points alone that are seen', () => {
    const { images } = clusterMarks(
      positions,
      allOf(positions).filter((point) => point >= 180),
      undefined,
    );
    expect(images).toHaveLength(1);
    expect(images[0]).toBeGreaterThanOrEqual(180);
  });
});

describe('thumbnails', () => {
  const scaleOf = (level: number) => 64 * 2 ** (level / 2);
  const points = fc
    .array(fc.tuple(fc.float({ min: -1, max: 1, noNaN: true }), fc.float({ min: -1, max: 1, noNaN: true })), {
      minLength: 1,
      maxLength: 120,
    })
    .map((places) => fitted(Float32Array.from(places.flat())));

  it('never overlap, stay when one zooms in, and begin with the one that comes first', () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 0, max: 20 }), (positions, level) => {
        const order = Int32Array.from({ length: positions.length / 2 }, (_, image) => image);
        const levels = new ThumbnailLevels(positions, order);
        const seen = levels.at(level);
        expect(seen[0]).toBe(0);
        expect(levels.at(level + 2).slice(0, seen.length)).toEqual(seen);
        const apart = (one: number, other: number) =>
          Math.max(
            ...[0, 1].map((axis) => Math.abs((positions[2 * one + axis] ?? 0) - (positions[2 * other + axis] ?? 0))),
          );
        for (const one of seen)
          for (const other of seen)
            if (one < other) expect(apart(one, other) * scaleOf(level)).toBeGreaterThan(sideAt(level));
      }),
    );
  });

  it('are all seen, far enough in, unless they lie on one another', () => {
    const positions = Float32Array.of(0, 0, 0.01, 0, 0, 0.013, 0, 0);
    const levels = new ThumbnailLevels(positions, Int32Array.of(2, 0, 1, 3));
    expect(levels.at(0)).toEqual([2]);
    expect(levels.at(30)).toEqual([2, 0, 1]);
  });

  it('leave the room of a name free, and come when one has zoomed in beside it', () => {
    const name = { x: 0, y: 0, halfWidth: 40, halfHeight: 9 };
    const levels = new ThumbnailLevels(Float32Array.of(0.3, 0), Int32Array.of(0), [name]);
    expect(levels.at(0)).toEqual([]);
    expect(levels.at(8)).toEqual([0]);
  });

  it('have a level for every zoom', () => {
    expect([1, 64, 91, 128, 1e30].map(levelAt)).toEqual([0, 0, 1, 2, 48]);
  });
});
