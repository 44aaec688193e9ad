import { describe, expect, it } from 'vitest';
import { averagePrecision } from '../../../../src/evaluation/retrieval/averagePrecision.js';
import { judgmentOf, scoreQuery, scoreRetrieval } from '../../../../src/evaluation/retrieval/protocol.js';

describe('average precision', () => {
  it('of a lone positive at place r is 1 / (2r), but 1 at the first place', () => {
    expect(averagePrecision([0], 1)).toBe(1);
    for (const place of [2, 3, 10]) expect(averagePrecision([place - 1], 1)).toBeCloseTo(1 / (2 * place), 15);
  });

  it('counts positives that were not found', () => {
    expect(averagePrecision([0], 2)).toBe(0.5);
    expect(averagePrecision([], 3)).toBe(0);
  });

  it('is the area under the curve by trapezoids', () => {
    // At the first place 1; then from 1 of 2 to 2 of 3.
    expect(averagePrecision([0, 2], 2)).toBeCloseTo(1 / 2 + (1 / 2 + 2 / 3) / 4, 15);
    // From none of 1 to 1 of 2; from 1 of 3 to 2 of 4; the third is not found.
    expect(averagePrecision([1, 3], 3)).toBeCloseTo((0 + 1 / 2) / 6 + (1 / 3 + 2 / 4) / 6, 15);
  });

  it('is refused for a query without a match', () => {
    for (const none of [0, -1, Number.NaN])
      expect(() => averagePrecision([], none)).toThrow('a query without a match has no average precision');
  });
});

const truth = { easy: [1], hard: [2], junk: [3] };

describe('what counts', () => {
  it('at each level of difficulty', () => {
    expect(judgmentOf(truth, 'easy')).toEqual({ positives: [1], junk: [3, 2] });
    expect(judgmentOf(truth, 'medium')).toEqual({ positives: [1, 2], junk: [3] });
    expect(judgmentOf(truth, 'hard')).toEqual({ positives: [2], junk: [3, 1] });
  });

  it('is counted after junk is taken out', () => {
    expect(scoreQuery([3, 1, 0], { positives: [1], junk: [3] }, [1])).toEqual({
      averagePrecision: 1,
      precisionAt: [1],
    });
    expect(scoreQuery([0, 1, 3], { positives: [1], junk: [3] }, [1])?.averagePrecision).toBe(0.25);
  });

  it('for the precision ends with the last positive', () => {
    expect(scoreQuery([1, 0, 2, 4], { positives: [1, 2], junk: [] }, [1, 3, 10])?.precisionAt).toEqual([
      1,
      2 / 3,
      2 / 3,
    ]);
  });

  it('passes over junk wherever it stands', () => {
    const judgment = { positives: [1, 2], junk: [3, 4] };
    expect(scoreQuery([3, 1, 4, 0, 2], judgment, [1, 2, 3])).toEqual(
      scoreQuery([1, 0, 2], { ...judgment, junk: [] }, [1, 2, 3]),
    );
    expect(scoreQuery([1, 0, 2], judgment, [1, 2, 3])?.precisionAt).toEqual([1, 1 / 2, 2 / 3]);
  });

  it('is nothing where the ranking has none of the positives', () => {
    expect(scoreQuery([0, 4], { positives: [9], junk: [] }, [1, 5])).toEqual({
      averagePrecision: 0,
      precisionAt: [0, 0],
    });
  });
});

describe('means', () => {
  it('leave out queries without positives', () => {
    const none = { easy: [], hard: [], junk: [0] };
    const score = scoreRetrieval(
      [Int32Array.of(1, 0), Int32Array.of(0, 1)],
      [{ ...none, easy: [0] }, none],
      'easy',
      [1],
    );
    expect(score.meanAveragePrecision).toBe(0.25);
    expect(score.meanPrecisionAt).toEqual([0]);
    expect(score.queries[1]).toBeUndefined();
  });

  it('are of each number of images, over the queries that have positives', () => {
    const truths = [
      { easy: [0], hard: [1], junk: [] },
      { easy: [2], hard: [], junk: [] },
    ];
    const rankings = [Int32Array.of(0, 2, 1), Int32Array.of(0, 2, 1)];
    const score = scoreRetrieval(rankings, truths, 'medium', [1, 3]);
    const first = 1 / 2 + (1 / 2 + 2 / 3) / 4;
    expect(score.meanAveragePrecision).toBeCloseTo((first + 1 / 4) / 2, 15);
    expect(score.meanPrecisionAt).toEqual([1 / 2, (2 / 3 + 1 / 2) / 2]);
    const [, second] = scoreRetrieval([rankings[0] ?? []], truths, 'medium', [1]).queries;
    expect(second, 'a query without a ranking finds nothing').toEqual({ averagePrecision: 0, precisionAt: [0] });
    expect(scoreRetrieval(rankings, truths.slice(1), 'hard', [1, 5]).meanPrecisionAt).toEqual([Number.NaN, Number.NaN]);
  });

  it.each([[[]], [[{ easy: [], hard: [1], junk: [] }]]])('are none where no query has a positive', (truths) => {
    expect(scoreRetrieval([Int32Array.of(0, 1)], truths, 'easy', [1]).meanAveragePrecision).toBeUndefined();
  });
});
