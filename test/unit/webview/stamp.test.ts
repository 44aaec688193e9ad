import { expect, it } from 'vitest';
import { stampOf } from '../../../webview/embedding/stamp.js';

/** Rows of letters: nothing, some, all. */
const drawn = (shape: number, size: number): string[] => {
  const { side, covers } = stampOf(shape, size, 1, false);
  return Array.from({ length: side }, (_, row) =>
    [...covers.subarray(row * side, (row + 1) * side)]
      .map((cover) => (cover === 0 ? '.' : cover > 200 ? '#' : '+'))
      .join(''),
  );
};

it('A point has the pixels of its shape, soft at its edge', () => {
  expect(drawn(0, 9)).toEqual([
    '..+++++..',
    '.+#####+.',
    '+#######+',
    '+#######+',
    '+#######+',
    '+#######+',
    '+#######+',
    '.+#####+.',
    '..+++++..',
  ]);
  const [triangle, diamond] = [drawn(2, 15), drawn(3, 15)];
  const widths = (rows: string[]) => rows.map((row) => row.replaceAll('.', '').length);
  // A triangle grows downward; a diamond is widest in the middle, and alike above and below.
  expect(widths(triangle).slice(2, 12)).toEqual([...widths(triangle).slice(2, 12)].sort((a, b) => a - b));
  expect(widths(diamond)).toEqual([...widths(diamond)].reverse());
  expect(Math.max(...widths(diamond))).toBe(widths(diamond)[7]);
});

it('A faint point covers less, and a selected one has a line around it', () => {
  const [plain, faint] = [stampOf(0, 9, 1, false), stampOf(0, 9, 0.2, false)];
  expect(Math.max(...plain.covers)).toBe(255);
  expect(Math.max(...faint.covers)).toBe(51);
  expect(plain.isRim).toBeUndefined();
  const { isRim, side } = stampOf(0, 15, 1, true);
  const middle = Math.floor((side * side) / 2);
  expect([isRim?.[middle], isRim?.[middle - 5]]).toEqual([0, 1]);
});
