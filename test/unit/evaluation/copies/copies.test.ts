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

  it('is of the patches of its own image', () => {
    const cls = Float32Array.of(7, 5);
    const patches = Float32Array.of(1, 2, 2, 2, 3, 3);
    const [own, other] = [(1 + 2 * 2 ** 4) / 3, (2 ** 4 + 2 * 3 ** 4) / 3].map((mean) => mean ** 0.25);
    const descriptors = copyDescriptors({ cls, patches, dim: 1 });
    expect([...descriptors]).toEqual([7, own, 5, other].map((x) => expect.closeTo(x ?? 0, 6)));
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

  it('is the uncentered second moment of all dimensions, and the mean', () => {
    const { mean, secondMoment } = learnWhitening({ rows: 2, dim: 3, data: Float32Array.of(1, 2, 3, -1, 4, 5) });
    expect([...mean]).toEqual([0, 3, 4]);
    expect([...secondMoment]).toEqual([2, -2, -2, -2, 20, 26, -2, 26, 34].map((x) => x / 2));
  });

  it('turns what belongs together into the same direction, after the mean is subtracted', () => {
    // The second moment of (3, 1), (1, 3), (-3, -1) and (-1, -3) has 8 along (1, 1) and 2 along (1, -1).
    const whitening = learnWhitening({ rows: 4, dim: 2, data: Float32Array.of(3, 1, 1, 3, -3, -1, -1, -3) });
    const given = { rows: 2, dim: 2, data: Float32Array.of(5, 1, 2, 1) };
    const mean = Float64Array.of(1, 1);
    const whitened = whiten(given, { ...whitening, mean });
    expect([whitened.rows, whitened.dim]).toEqual([2, 2]);
    // (4, 0) is 8 / sqrt 2 along the one and as much along the other, (1, 0) a fourth of that.
    expect([...whitened.data].map(Math.abs)).toEqual([1, 2, 0.25, 0.5].map((x) => expect.closeTo(x, 6)));
    const one = whiten(given, {
      ...learnWhitening({ rows: 4, dim: 2, data: Float32Array.of(3, 1, 1, 3, -3, -1, -1, -3) }, 1),
      mean,
    });
    expect([one.rows, one.dim]).toEqual([2, 1]);
    expect([...one.data].map(Math.abs)).toEqual([1, 0.25].map((x) => expect.closeTo(x, 6)));
  });

  it('is what the operator makes of the distance from the mean', () => {
    const [mean, operator] = [Float64Array.of(1, 1), Float64Array.of(1, 0, 0.5, 0.25)];
    const whitening = { mean, operator, secondMoment: new Float64Array(4), energy: 1 };
    const whitened = whiten({ rows: 2, dim: 2, data: Float32Array.of(3, 5, 0, 1) }, whitening);
    expect([...whitened.data]).toEqual([2, 2, -1, -0.5]);
  });

  it('takes what is raised into account for the share that is kept', () => {
    // Eigenvalues of 9, 4 and 0, which is raised to 9e-5.
    const three = { rows: 2, dim: 3, data: Float32Array.of(Math.sqrt(18), 0, 0, 0, Math.sqrt(8), 0) };
    const [one, two, all] = [1, 2, 3].map((kept) => learnWhitening(three, kept));
    expect(one?.energy).toBeCloseTo(9 / 13.00009, 7);
    expect(two?.energy).toBeCloseTo(13 / 13.00009, 7);
    expect(all?.energy).toBe(1);
    const scales = [...(all?.operator ?? [])].map(Math.abs);
    expect(scales).toEqual([1 / 3, 0, 0, 0, 1 / 2, 0, 0, 0, 1 / Math.sqrt(9e-5)].map((x) => expect.closeTo(x, 4)));
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
    for (const kept of [3, 0, Number.NaN])
      expect(() => learnWhitening(samples, kept)).toThrow(`of 2 dimensions ${kept} cannot be kept`);
  });
});

describe('Copydays', () => {
  it('finds the original of a strong copy by four characters', () => {
    expect(originalsOf(['201001.jpg'], ['200000.jpg', '201000.jpg'])).toEqual([[1]]);
    expect(() => originalsOf(['2101.jpg'], ['2000.jpg'])).toThrow(
      'The copy 2101.jpg has no original: none of the names begins with 2101.',
    );
  });

  it('finds all originals whose names begin alike', () => {
    const originals = ['2010a.jpg', '2011.jpg', '2010b.jpg', '201'];
    expect(originalsOf(['2010x.jpg', '2011', '2010'], originals)).toEqual([[0, 2], [1], [0, 2]]);
    expect(() => originalsOf(['2012x.jpg'], originals)).toThrow('none of the names begins with 2012.');
  });

  it('takes what is not among the nearest for never found', () => {
    // Of two the second is found at the third place: (0 + 1 / 3) / 2 / 2.
    expect(copyPrecisions([[5, 6, 4]], [[3, 4]])).toEqual([expect.closeTo(1 / 12, 12)]);
    expect(copyPrecisions([[5, 6]], [[3]])).toEqual([0]);
    expect(() => copyPrecisions([[0]], [])).toThrow('a query without a match has no average precision');
  });

  it(`looks at the nearest ${LOOKED_AT} alone`, () => {
    const found = Array.from({ length: 21 }, (_, i) => i);
    expect(copyPrecisions([found, found, [3]], [[0], [20], [3, 4]])).toEqual([1, 0, 0.5]);
  });
});
