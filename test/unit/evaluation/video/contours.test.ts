/** Where contours lie beside each other: what meets, by its definition, among all pairs of pixels. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { boundary, contourScore } from '../../../../src/evaluation/video/contours.js';

const SIZE = { width: 11, height: 7 };
const masks = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 77, maxLength: 77 });
/** Few pixels lie in it. */
const sparse = (values: readonly number[]): number[] => values.map((value) => (value === 0 ? 1 : 0));

const contourOf = (mask: readonly number[]) =>
  [...boundary(mask, SIZE)].flatMap((isEdge, at) =>
    isEdge === 1 ? [{ x: at % SIZE.width, y: Math.floor(at / SIZE.width) }] : [],
  );

/** The share of the pixels of a contour that have one of the other no farther than the tolerance. */
function shareThatMeets(ours: ReturnType<typeof contourOf>, theirs: ReturnType<typeof contourOf>, tolerance: number) {
  const met = ours.filter(({ x, y }) =>
    theirs.some((other) => (other.x - x) ** 2 + (other.y - y) ** 2 <= tolerance ** 2),
  );
  return met.length / ours.length;
}

it.each([1, 2, 4, 20])('contours meet within %i pixels, whatever the direction and beside every edge', (tolerance) => {
  fc.assert(
    fc.property(masks, masks, (one, other) => {
      const [mask, truth] = [sparse(one), sparse(other)];
      const [ours, theirs] = [contourOf(mask), contourOf(truth)];
      fc.pre(ours.length > 0 && theirs.length > 0);
      const [precision, recall] = [shareThatMeets(ours, theirs, tolerance), shareThatMeets(theirs, ours, tolerance)];
      const wanted = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
      expect(contourScore(mask, truth, SIZE, { tolerance })).toBeCloseTo(wanted, 12);
    }),
    { numRuns: 100, seed: 1 },
  );
});

it('without a contour all is met where there is none to find, and nothing where there is one', () => {
  const [none, some] = [Array(77).fill(0), Array.from({ length: 77 }, (_, at) => (at === 30 ? 1 : 0))];
  expect(contourScore(none, none, SIZE)).toBe(1);
  expect(contourScore(none, some, SIZE)).toBe(0);
  expect(contourScore(some, none, SIZE)).toBe(0);
});

it('contours meet within 0.8 % of the diagonal, rounded up, where nothing else is said', () => {
  // Of 6 x 1 pixels that is one pixel, and of 126 x 1 two.
  const shifted = (width: number, by: number) => {
    const [mask, truth] = [new Uint8Array(width).fill(1, 0, 2), new Uint8Array(width).fill(1, 0, 2 + by)];
    return contourScore(mask, truth, { width, height: 1 });
  };
  expect([1, 2].map((by) => shifted(6, by))).toEqual([1, 0]);
  expect([1, 2, 3].map((by) => shifted(126, by))).toEqual([1, 1, 0]);
});

it('void pixels of either mask are background, the others are what they were', () => {
  const size = { width: 6, height: 1 };
  const [mask, truth] = [
    [1, 1, 0, 0, 1, 1],
    [1, 1, 0, 0, 0, 0],
  ];
  const score = (voidPixels: number[]) => contourScore(mask, truth, size, { voidPixels, tolerance: 1 });
  expect(score([0, 0, 0, 0, 0, 0])).toBeCloseTo(2 / 3, 12);
  expect(score([0, 0, 0, 0, 1, 1])).toBe(1);
  expect(score([1, 1, 0, 0, 0, 0])).toBe(0);
});
