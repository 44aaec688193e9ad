import { describe, expect, it } from 'vitest';
import { colorByValues } from '../../../webview/embedding/coloring.js';
import { fitted, pointAt, pointBeside, pointsInside } from '../../../webview/embedding/geometry.js';

const SERIES = ['#0072b2', '#b35000', '#007a58'];
const MUTED = '#808080';
const everyPoint = () => true;

describe('the colors of points', () => {
  it('tell names apart by color, then by shape, and what is more is called others', () => {
    const values = Array.from({ length: 20 }, (_, i) => `class ${i}`);
    values.push('class 0', '');
    const { colors, shapes, legend, meaning } = colorByValues(values, SERIES, MUTED);
    if (legend.kind !== 'categories') throw new Error('names are categories');
    expect(legend.categories).toHaveLength(3 * 4 + 2);
    expect(legend.categories[0]).toMatchObject({ label: 'class 0', count: 2, shape: 0 });
    expect(legend.categories.slice(-2).map(({ label, count }) => [label, count])).toEqual([
      ['others', 8],
      ['no value', 1],
    ]);
    const looks = new Set(Array.from({ length: 12 }, (_, i) => `${colors.subarray(3 * i, 3 * i + 3)} ${shapes[i]}`));
    expect(looks.size).toBe(12);
    expect(meaning(21)).toBe('no value');
  });

  it('are a scale for many numbers, gray where there is none', () => {
    const values = [...Array.from({ length: 30 }, (_, i) => `${i / 2}`), ''];
    const { colors, legend } = colorByValues(values, SERIES, MUTED);
    expect(legend).toEqual({ kind: 'scale', least: 0, most: 14.5, without: 1 });
    expect([...colors.subarray(90)]).toEqual([128, 128, 128]);
    // Viridis ends.
    expect([...colors.subarray(0, 3)]).toEqual([68, 1, 84]);
    expect([...colors.subarray(87, 90)]).toEqual([253, 231, 37]);
    expect(colorByValues(['1', '2', '2', '3'], SERIES, MUTED).legend.kind).toBe('categories');
  });
});

describe('points in the plot', () => {
  const placement = { scale: 100, centerX: 100, centerY: 100 };

  it('fit it, whatever their coordinates', () => {
    expect([...fitted(Float32Array.of(10, 0, 30, 10))]).toEqual([-1, -0.5, 1, 0.5]);
    expect([...fitted(Float32Array.of(5, 5))]).toEqual([0, 0]);
    expect(fitted(Float32Array.of(2, 2, 2, 2)).every(Number.isFinite)).toBe(true);
  });

  it('are found under the pointer, but for those that are hidden', () => {
    const positions = Float32Array.of(0, 0, 0.05, 0, -1, 1);
    expect(pointAt(positions, placement, 104, 100, 10, everyPoint)).toBe(1);
    expect(pointAt(positions, placement, 104, 100, 10, (point) => point !== 1)).toBe(0);
    expect(pointAt(positions, placement, 0, 0, 10, everyPoint)).toBe(2);
    expect(pointAt(positions, placement, 50, 150, 10, everyPoint)).toBeUndefined();
  });

  it('are reached by the arrow keys', () => {
    const positions = Float32Array.of(0, 0, 0.5, 0.1, 0.2, 0.9, 0.9, 0);
    expect(pointBeside(positions, 0, [1, 0], everyPoint)).toBe(1);
    expect(pointBeside(positions, 0, [0, 1], everyPoint)).toBe(2);
    expect(pointBeside(positions, 0, [-1, 0], everyPoint)).toBeUndefined();
  });

  it('are caught by a lasso of any shape', () => {
    const positions = Float32Array.of(0, 0, -0.5, 0.5, 0.5, 0.5, 0, 0.6);
    // An L: the left side and the bottom, without the upper right corner.
    const line = [
      { x: 20, y: 20 },
      { x: 80, y: 20 },
      { x: 80, y: 80 },
      { x: 180, y: 80 },
      { x: 180, y: 120 },
      { x: 20, y: 120 },
    ];
    expect(pointsInside(positions, placement, line, everyPoint)).toEqual([0, 1]);
    expect(pointsInside(positions, placement, line, (point) => point === 1)).toEqual([1]);
  });
});
