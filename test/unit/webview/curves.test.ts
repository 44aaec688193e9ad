import { describe, expect, it } from 'vitest';
import { nearest, RunColumns, readAt } from '../../../webview/curves/columns.js';
import { differs, rowsOf } from '../../../webview/curves/rows.js';

const buffer = (...values: number[]): ArrayBuffer => Float64Array.from(values).buffer;
const run = { stepsPerEpoch: 4, batchSize: 8 };

describe('the columns of a run', () => {
  const columns = new RunColumns();
  columns.apply({
    dir: 'a',
    curves: [
      { from: 0, columns: { step: buffer(1, 2, 3), seconds: buffer(60, 120, 180), loss: buffer(5, Number.NaN, 3) } },
    ],
  });

  it('lie on each axis, without what was not measured', () => {
    const along = (axis: 'step' | 'epoch' | 'images' | 'time') => columns.points('loss', axis, run).map(({ x }) => x);
    expect([along('step'), along('epoch'), along('images'), along('time')]).toEqual([
      [1, 3],
      [0.25, 0.75],
      [8, 24],
      [1, 3],
    ]);
    expect(columns.points('loss', 'epoch', { ...run, stepsPerEpoch: 0 })).toEqual([]);
  });

  it('take what is new in the place of what it replaces', () => {
    columns.apply({ dir: 'a', curves: [{ from: 2, columns: { step: buffer(4, 5), loss: buffer(2, 1) } }] });
    expect(columns.points('loss', 'step', run)).toEqual([
      { x: 1, y: 5 },
      { x: 4, y: 2 },
      { x: 5, y: 1 },
    ]);
    columns.apply({ dir: 'a', curves: [{ from: 0, columns: { step: buffer(), loss: buffer() } }] });
    expect(columns.isEmpty).toBe(true);
  });
});

describe('reading at a place', () => {
  const points = [10, 20, 30].map((x) => ({ x, y: x / 10 }));
  it('takes the nearest point, the newest without a place, and nothing beyond the ends', () => {
    expect([12, 16, 29, undefined].map((x) => readAt(points, x))).toEqual([1, 2, 3, 3]);
    expect([readAt(points, 50), readAt(points, -20), readAt([], 3)]).toEqual([undefined, undefined, undefined]);
    expect(nearest([1, 4, 9], 6)).toBe(1);
  });
});

describe('the table', () => {
  it('has a row for every label of any run', () => {
    const shown = (lr: string, more: { key: string; label: string; value: string }[] = []) => ({
      dir: lr,
      name: lr,
      look: 0,
      description: '',
      ...run,
      uniformLoss: 0,
      metrics: [],
      settings: [{ key: 'lr', label: 'lr', value: lr }, { key: 'epochs', label: 'epochs', value: '3' }, ...more],
      results: [],
    });
    const rows = rowsOf([shown('1'), shown('2', [{ key: 'seed', label: 'seed', value: '7' }])], 'settings');
    expect(rows).toEqual([
      { label: 'lr', values: ['1', '2'] },
      { label: 'epochs', values: ['3', '3'] },
      { label: 'seed', values: ['', '7'] },
    ]);
    expect(rows.filter(differs).map(({ label }) => label)).toEqual(['lr', 'seed']);
  });
});
