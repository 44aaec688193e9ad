import { array, assert, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostSimilarPatch, patchSimilarities, unitFeatures, unitOf } from '../../../src/attention/patchFeatures.js';

const DIM = 3;
const number = double({ min: -10, max: 10, noNaN: true });
const features = array(array(number, { minLength: DIM, maxLength: DIM }), { minLength: 1, maxLength: 12 }).map((rows) =>
  Float32Array.from(rows.flat()),
);
const similarities = (units: Float32Array, patch: number) => patchSimilarities(units, unitOf(units, DIM, patch));

describe('The similarity of patches', () => {
  it('is the cosine: of vectors at right angles, along each other and against each other', () => {
    const units = unitFeatures({ dim: 2, features: Float32Array.of(3, 0, 0, 5, 2, 0, -1, 0, 4, 4, 0, 0) });
    const values = patchSimilarities(units, unitOf(units, 2, 0));
    expect([...values.slice(0, 4)]).toEqual([1, 0, 1, -1]);
    expect(values[4]).toBeCloseTo(Math.SQRT1_2, 6);
    // A feature of zeros is like none.
    expect(values[5]).toBe(0);
  });

  it('is that of the features themselves, lies between -1 and 1, and is the same from both ends', () => {
    void assert(
      property(features, integer({ min: 0, max: 11 }), integer({ min: 0, max: 11 }), (values, one, other) => {
        const patches = values.length / DIM;
        const [a, b] = [one % patches, other % patches];
        const units = unitFeatures({ dim: DIM, features: values });
        const [there, back] = [similarities(units, a)[b] as number, similarities(units, b)[a] as number];
        expect(there).toBeCloseTo(back, 6);
        expect(Math.abs(there)).toBeLessThanOrEqual(1);
        const of = (patch: number) => [...values.subarray(patch * DIM, (patch + 1) * DIM)];
        const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
        const scale = Math.sqrt(dot(of(a), of(a)) * dot(of(b), of(b)));
        if (scale > 1e-30) expect(there).toBeCloseTo(dot(of(a), of(b)) / scale, 5);
      }),
    );
  });

  it('does not depend on how long the features are', () => {
    void assert(
      property(features, double({ min: 0.5, max: 20, noNaN: true }), (values, factor) => {
        const [units, scaled] = [values, values.map((value) => value * factor)].map((all) =>
          unitFeatures({ dim: DIM, features: all }),
        ) as [Float32Array, Float32Array];
        const large = values.every((value) => value === 0 || Math.abs(value) > 1e-6);
        if (large) for (const [i, value] of units.entries()) expect(scaled[i]).toBeCloseTo(value, 4);
      }),
    );
  });

  it('is measured to patches of another image, of which the most similar is named, the first of equal ones', () => {
    const here = unitFeatures({ dim: 2, features: Float32Array.of(1, 1) });
    const there = unitFeatures({ dim: 2, features: Float32Array.of(1, 0, 2, 2, 3, 3, -1, -1) });
    const values = patchSimilarities(there, unitOf(here, 2, 0));
    expect(values).toHaveLength(4);
    expect(mostSimilarPatch(values)).toBe(1);
  });

  it('is refused for patches that are not there, and for features of other widths', () => {
    const units = Float32Array.of(1, 0, 0, 1);
    expect(() => unitOf(units, 2, 2)).toThrow('there are 2 patches, so patch 2 has no feature');
    expect(() => unitOf(units, 2, -1)).toThrow('there are 2 patches');
    expect(() => patchSimilarities(units, Float32Array.of(1, 0, 0))).toThrow('cannot be compared');
    expect(() => mostSimilarPatch(new Float32Array())).toThrow('no patches');
  });
});
