import { describe, expect, it } from 'vitest';
import { copyPrecisions, LOOKED_AT, originalsOf } from '../../../../src/evaluation/copies/copydays.js';
import { copyDescriptors, generalizedMean } from '../../../../src/evaluation/copies/gem.js';
import { learnWhitening, whiten } from '../../../../src/evaluation/copies/whitening.js';

describe('the generalized mean', () => {
  it('is the fourth root of the mean fourth power', () => {
    expect(generalizedMean(Float32Array.of(1, 0, 2, 0), 2)[0]).toBeCloseTo((17 / 2) ** 0.25, 12);
  });

  it('takes negative values as nothing, and of equal ones gives the value', () => {
    const mean = generalizedMean(Float32Array.of(-5, 3, -1, 3), 2);
    expect([...mean]).toEqual([expect.closeTo(1e-6, 12), expect.closeTo(3, 12)]);
  });

  it('stands behind the CLS token', () => {
    const [cls, patches] = [Float32Array.of(7, 8, 5, 6), Float32Array.of(1, 2, 3, 4)];
    const descriptors = copyDescriptors({ cls, patches, dim: 2 });
    expect([...descriptors]).toEqual([7, 8, 1, 2, 5, 6, 3, 4].map((x) => expect.closeTo(x, 5)));
  });
});

describe('whitening', () => {
  const samples = { rows: 3, dim: 2, data: Float32Array.of(2, 0, 0, 1, -2, 0) };

  it('makes the uncentered second moment that it was learned from the identity', () => {
    const whitening = learnWhitening(samples);
    expect([...whitening.mean]).toEqual([0, expect.closeTo(1 / 3, 12)]);
    expect([...whitening.secondMoment]).toEqual([8, 0, 0, 1].map((x) => expect.closeTo(x / 3, 12)));
    const applied = whiten(samples, { ...whitening, mean: new Float64Array(2) });
    expect([...learnWhitening(applied).secondMoment]).toEqual([1, 0, 0, 1].map((x) => expect.closeTo(x, 6)));
    expect(whitening.energy).toBe(1);
  });

  it('keeps the largest eigenvalues', () => {
    const { operator, energy } = learnWhitening(samples, 1);
    expect(operator).toHaveLength(2);
    expect(Math.abs(operator[0] as number)).toBeCloseTo(Math.sqrt(3 / 8), 12);
    expect(energy).toBeCloseTo(8 / 9, 12);
  });

  it('raises what fewer samples than dimensions leave empty', () => {
    const { operator } = learnWhitening({ rows: 1, dim: 2, data: Float32Array.of(1, 0) });
    expect([...operator].map(Math.abs)).toEqual([1, 0, 0, Math.sqrt(1e5)].map((x) => expect.closeTo(x, 6)));
  });

  it('is refused without samples, and for more dimensions than there are', () => {
    expect(() => learnWhitening({ rows: 0, dim: 2, data: new Float32Array() })).toThrow(
      'whitening needs at least one image to learn from',
    );
    expect(() => learnWhitening(samples, 3)).toThrow('of 2 dimensions 3 cannot be kept');
  });
});

describe('Copydays', () => {
  it('finds the original of a strong copy by four characters', () => {
    expect(originalsOf(['201001.jpg'], ['200000.jpg', '201000.jpg'])).toEqual([[1]]);
    expect(() => originalsOf(['2101.jpg'], ['2000.jpg'])).toThrow(
      'The copy 2101.jpg has no original: none of the names begins with 2101.',
    );
  });

  it(`looks at the nearest ${LOOKED_AT} alone`, () => {
    const found = Array.from({ length: 21 }, (_, i) => i);
    expect(copyPrecisions([found, found, [3]], [[0], [20], [3, 4]])).toEqual([1, 0, 0.5]);
  });
});
