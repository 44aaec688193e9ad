import fc from 'fast-check';
import { Matrix as Dense } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { SquareMatrix } from '../../../src/projection/squareMatrix.js';

describe('a square matrix', () => {
  it('times a narrow one is what ml-matrix computes, whatever the sizes', () => {
    const size = fc.record({ dim: fc.integer({ min: 1, max: 13 }), columns: fc.integer({ min: 1, max: 13 }) });
    const value = fc.double({ min: -1e3, max: 1e3, noNaN: true });
    const sized = size.chain(({ dim, columns }) =>
      fc.tuple(
        fc.array(fc.array(value, { minLength: dim, maxLength: dim }), { minLength: dim, maxLength: dim }),
        fc.array(fc.array(value, { minLength: columns, maxLength: columns }), { minLength: dim, maxLength: dim }),
      ),
    );
    fc.assert(
      fc.property(sized, ([rows, narrow]) => {
        const square = new SquareMatrix(rows.length, narrow[0]?.length ?? 0);
        for (const [row, values] of rows.entries()) square.setRow(row, values);
        const factors = new Dense(narrow);
        const wanted = new Dense(rows).mmul(factors);
        // Twice: what a product leaves behind is not in the next.
        for (const product of [square.times(factors), square.times(factors)])
          expect(Dense.sub(product, wanted).abs().max()).toBeLessThanOrEqual(1e-8);
        expect(square.trace).toBeCloseTo(new Dense(rows).trace(), 6);
      }),
      { numRuns: 50 },
    );
  });

  it('of features that are too wide is refused', () => {
    expect(() => new SquareMatrix(20_001, 3)).toThrow('Features of 20001 numbers are too wide');
  });

  it('refuses what does not fit', () => {
    expect(() => new SquareMatrix(2, 3).times(Dense.zeros(2, 4))).toThrow(
      '[2, 4] is multiplied where [2, 3] is expected',
    );
  });
});
