import { describe, expect, it } from 'vitest';
import { columnsFor } from '../../../webview/curves/gridShape.js';
import { type Marker, markerAt } from '../../../webview/curves/markers.js';

describe('small multiples', () => {
  it.each([
    [6, 780, 420, 3],
    [6, 420, 420, 2],
    [6, 270, 560, 1],
    [1, 780, 420, 1],
    [12, 780, 420, 4],
  ])('%d charts in %d x %d pixels stand in %d columns', (count, width, height, columns) => {
    expect(columnsFor(count, width, height, 12)).toBe(columns);
  });
});

describe('the marker under the pointer', () => {
  const area = { left: 0, right: 100, bottom: 50 };
  const marker = (kind: Marker['kind'], x: number): Marker => ({ kind, x, step: x, dir: '/runs/a', color: '#000000' });
  const markers = [marker('checkpoint', 10), marker('evaluation', 18), marker('evaluation', 60)];
  const at = (x: number, y: number) => markerAt(markers, { x, y }, area, (place) => place);

  it('is the checkpoint before the evaluation, and none far from the axis', () => {
    expect(at(16, 50)).toMatchObject({ kind: 'checkpoint', step: 10 });
    expect(at(60, 45)).toMatchObject({ kind: 'evaluation', step: 60 });
    expect([at(16, 20), at(40, 50)]).toEqual([undefined, undefined]);
  });
});
