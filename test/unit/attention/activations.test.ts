import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activationNorms, activationSimilarities } from '../../../src/attention/activations.js';

/** Three channels at 1 x 4 places. */
const one = {
  channels: 3,
  rows: 1,
  columns: 4,
  activations: Float32Array.of(...[3, 0, 0, 6], ...[4, 5, 0, 8], ...[0, 0, 0, 0]),
};

describe('activations', () => {
  it('have the norm of all channels at each place', () => {
    expect([...activationNorms(one)]).toEqual([5, 5, 0, 10]);
  });

  it('are compared by the angle between places, of which nothing is similar to no activation', () => {
    const similarities = activationSimilarities(one, 0);
    for (const [place, wanted] of [1, 0.8, 0, 1].entries()) expect(similarities[place]).toBeCloseTo(wanted, 6);
    expect([...activationSimilarities(one, 2)]).toEqual([0, 0, 0, 0]);
    for (const place of [-1, 4, 0.5])
      expect(() => activationSimilarities(one, place)).toThrow(
        `there are 4 places, so place ${place} has no activation`,
      );
  });

  it('are as similar one way as the other, whatever their scale', () => {
    const value = fc.integer({ min: -8, max: 8 });
    fc.assert(
      fc.property(fc.array(value, { minLength: 12, maxLength: 12 }), fc.constantFrom(0.3, 7), (values, scale) => {
        const of = { ...one, activations: Float32Array.from(values) };
        const scaled = { ...one, activations: Float32Array.from(values, (each) => each * scale) };
        for (const place of [0, 1, 2, 3])
          for (const other of [0, 1, 2, 3]) {
            const similarity = activationSimilarities(of, place)[other] as number;
            expect(Math.abs(similarity)).toBeLessThanOrEqual(1 + 1e-6);
            expect(activationSimilarities(scaled, other)[place]).toBeCloseTo(similarity, 4);
          }
      }),
    );
  });
});
