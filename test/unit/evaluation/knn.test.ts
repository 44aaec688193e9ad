import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type FeatureMatrix,
  fittingKs,
  forEachWeighted,
  knnAccuracies,
  mostVoted,
  normalizeRows,
  ofUsualK,
  requireOthers,
} from '../../../src/evaluation/knn.js';
import type { HostTensor } from '../../../src/program/program.js';
import { readSafetensors } from '../../../src/weights/safetensors.js';

const reference = 'test/reference/tiny-vit';

function matrix(tensor: HostTensor | undefined): FeatureMatrix {
  const [rows, dim] = tensor?.shape ?? [];
  if (rows === undefined || dim === undefined || !(tensor?.data instanceof Float32Array))
    throw new Error('not a matrix');
  return { rows, dim, data: tensor.data };
}

const labels = (tensor: HostTensor | undefined): Int32Array => Int32Array.from(tensor?.data ?? []);

describe('k-NN', () => {
  it("gives the original's accuracies", () => {
    const inputs = readSafetensors(`${reference}/inputs.safetensors`);
    const expected = JSON.parse(readFileSync(`${reference}/expected.json`, 'utf8')).knn as Record<
      string,
      { top1: number; top5: number }
    >;
    const accuracies = knnAccuracies({
      train: matrix(inputs['knn_train']),
      trainLabels: labels(inputs['knn_train_labels']),
      test: matrix(inputs['knn_test']),
      testLabels: labels(inputs['knn_test_labels']),
      ks: [10, 20, 100, 200],
      ranksVoteless: true,
    });
    for (const { k, top1, top5 } of accuracies) {
      // The reference was written from float32.
      expect({ top1: Math.fround(top1), top5: Math.fround(top5) }).toEqual(expected[k]);
    }
  });

  /** For one k: sorts all training rows by similarity, and all classes by votes, for each test row. */
  function bySorting(
    train: FeatureMatrix,
    trainLabels: Int32Array,
    test: FeatureMatrix,
    testLabels: Int32Array,
    k: number,
    temperature: number,
  ) {
    const counts = { top1: 0, top5: 0 };
    testLabels.forEach((target, row) => {
      const similarity = Array.from(trainLabels, (_, j) =>
        Math.fround(dot(test.data, row * test.dim, train.data, j * train.dim, train.dim)),
      );
      const at = (values: number[], i: number) => values[i] as number;
      const nearest = [...similarity.keys()].sort((a, b) => at(similarity, b) - at(similarity, a) || a - b).slice(0, k);
      const votes = new Array<number>(1 + Math.max(...trainLabels, ...testLabels)).fill(0);
      for (const j of nearest) {
        const label = trainLabels[j] as number;
        votes[label] = at(votes, label) + Math.exp(at(similarity, j) / temperature);
      }
      const ranking = [...votes.keys()].sort((a, b) => at(votes, b) - at(votes, a) || a - b);
      if (ranking[0] === target) counts.top1++;
      // A class without votes is never right, as with the 1000 classes that the original counts.
      if (ranking.slice(0, Math.min(5, k)).includes(target) && at(votes, target) > 0) counts.top5++;
    });
    return counts;
  }

  it('agrees with sorting every similarity and every vote, for any sizes', () => {
    const sizes = fc.record({
      trainRows: fc.integer({ min: 1, max: 23 }),
      dim: fc.integer({ min: 1, max: 9 }),
      classes: fc.integer({ min: 1, max: 12 }),
      temperature: fc.constantFrom(undefined, 0.5),
      seed: fc.integer({ min: 0, max: 1e6 }),
    });
    const property = fc.property(sizes, ({ trainRows, dim, classes, temperature, seed }) => {
      const random = (count: number, offset: number): Float32Array =>
        Float32Array.from({ length: count }, (_, i) => Math.sin(seed * 0.001 + offset + i * i * 1.7));
      const train = { rows: trainRows, dim, data: random(trainRows * dim, 1) };
      const test = { rows: 7, dim, data: random(7 * dim, 2) };
      normalizeRows(train);
      normalizeRows(test);
      const trainLabels = Int32Array.from({ length: trainRows }, (_, i) => (i * 5 + seed) % classes);
      const testLabels = Int32Array.from({ length: 7 }, (_, i) => (i * 3) % classes);
      const ks = [1, 3, 5, 8, 20].map((k) => Math.min(k, trainRows));
      const given = { train, trainLabels, test, testLabels, ks };
      const accuracies = knnAccuracies({ ...given, ...(temperature !== undefined && { temperature }) });
      expect(accuracies.map(({ k }) => k)).toEqual(ks);
      for (const { k, top1, top5 } of accuracies) {
        const wanted = bySorting(train, trainLabels, test, testLabels, k, temperature ?? 0.07);
        expect([top1, top5]).toEqual([(wanted.top1 * 100) / 7, (wanted.top5 * 100) / 7]);
      }
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('counts a class for top-5 among the first five, and among the first k when k is smaller', () => {
    // Seven training images of seven classes, each further from the test image than the one before.
    const cosines = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3];
    const train = { rows: 7, dim: 2, data: Float32Array.from(cosines.flatMap((x) => [x, Math.sqrt(1 - x * x)])) };
    const test = { rows: 1, dim: 2, data: Float32Array.of(1, 0) };
    const top5 = (target: number, k: number) =>
      knnAccuracies({
        train,
        trainLabels: Int32Array.from(cosines.keys()),
        test,
        testLabels: Int32Array.of(target),
        ks: [k],
      })[0]?.top5;
    expect([3, 4, 5].map((target) => top5(target, 7))).toEqual([100, 100, 0]);
    expect([1, 2, 3].map((target) => top5(target, 3))).toEqual([100, 100, 0]);
  });

  it('gives a tie to the smaller class, and to the training image that comes first', () => {
    const train = { rows: 3, dim: 1, data: Float32Array.of(1, 1, 1) };
    const test = { rows: 1, dim: 1, data: Float32Array.of(1) };
    const top1 = (trainLabels: number[], target: number, k: number) =>
      knnAccuracies({
        train,
        trainLabels: Int32Array.from(trainLabels),
        test,
        testLabels: Int32Array.of(target),
        ks: [k],
      })[0]?.top1;
    expect([top1([2, 0, 0], 2, 1), top1([2, 0, 0], 0, 1)]).toEqual([100, 0]);
    expect([top1([2, 1, 0], 0, 3), top1([2, 1, 0], 1, 3)]).toEqual([100, 0]);
  });

  it('works through more test images than it reads at a time', () => {
    // 65,536 numbers at a time: four rows of so many dimensions.
    const dim = 16_384;
    const of = (rows: number) => {
      const data = new Float32Array(rows * dim);
      for (let row = 0; row < rows; row++) data[row * dim + (row % 3)] = 1;
      return { rows, dim, data };
    };
    const [accuracy] = knnAccuracies({
      train: of(3),
      trainLabels: Int32Array.of(0, 1, 2),
      test: of(10),
      testLabels: Int32Array.of(0, 1, 2, 0, 1, 2, 0, 1, 2, 1),
      ks: [1],
    });
    expect(accuracy).toMatchObject({ k: 1, top1: 90, top5: 90 });
    expect(accuracy?.predicted).toEqual(Int32Array.of(0, 1, 2, 0, 1, 2, 0, 1, 2, 0));
  });

  it('refuses features of different widths, and a test set without images', () => {
    const features = (rows: number, dim: number) => ({ rows, dim, data: new Float32Array(rows * dim).fill(1) });
    const run = (train: FeatureMatrix, test: FeatureMatrix) =>
      knnAccuracies({
        train,
        trainLabels: new Int32Array(train.rows),
        test,
        testLabels: new Int32Array(test.rows),
        ks: [1],
      });
    expect(() => run(features(2, 3), features(2, 4))).toThrow('3 dimensions and the test features 4');
    expect(() => run(features(2, 3), features(0, 3))).toThrow('at least one test image');
  });

  it('refuses a k beyond the training images', () => {
    const features = { rows: 2, dim: 1, data: Float32Array.of(1, 1) };
    const own = Int32Array.of(0, 1);
    const withK = (k: number) =>
      knnAccuracies({ train: features, trainLabels: own, test: features, testLabels: own, ks: [1, k] });
    for (const k of [3, 0, 1.5]) {
      expect(() => withK(k)).toThrow(
        `k-NN needs k to be a whole number from 1 to 2, the number of training images; got ${k}`,
      );
    }
    expect(withK(2)).toHaveLength(2);
  });

  /** On a line: the images' numbers are their similarities to a test image at 1. */
  const onLine = (...places: number[]) => ({ rows: places.length, dim: 1, data: Float32Array.from(places) });

  it('tests each training image by the others when there is no test set, and has one neighbor less', () => {
    const train = { rows: 4, dim: 2, data: Float32Array.of(1, 0, 0.8, 0.6, 0, 1, 0.6, 0.8) };
    const trainLabels = Int32Array.of(0, 0, 1, 0);
    const [one] = knnAccuracies({ train, trainLabels, ks: [1] });
    expect(one).toMatchObject({ top1: 75, predicted: Int32Array.of(0, 0, 0, 0) });
    expect(knnAccuracies({ train, trainLabels, ks: [3] })).toHaveLength(1);
    expect(() => knnAccuracies({ train, trainLabels, ks: [4] })).toThrow(
      'k-NN needs k to be a whole number from 1 to 3, the number of other images; got 4',
    );
  });

  it('of a range of the test images gives the percent of these alone', () => {
    const train = onLine(1, 0.5);
    const trainLabels = Int32Array.of(0, 1);
    const given = { train, trainLabels, test: onLine(1, 1, 1, 1), testLabels: Int32Array.of(1, 0, 1, 0), ks: [1] };
    expect(knnAccuracies({ ...given, range: { start: 1, end: 4 } })).toEqual([
      { k: 1, top1: (100 * 2) / 3, top5: (100 * 2) / 3, predicted: Int32Array.of(0, 0, 0, 0) },
    ]);
    expect(knnAccuracies({ ...given, range: { start: 2, end: 3 } })).toMatchObject([{ top1: 0 }]);
  });

  it('takes as many of the neighbors that an engine has found as each k needs, of all rows or of a range', () => {
    const nearest = {
      k: 3,
      rows: Int32Array.of(2, 1, 0, 0, 1, 2, 1, 2, 0),
      similarities: Float32Array.of(0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1),
    };
    const train = onLine(1, 1, 1);
    const voted = (range?: { start: number; end: number }) => {
      const seen: unknown[] = [];
      const given = { train, test: train, ks: [1, 2], temperature: 0.5, nearest, ...(range && { range }) };
      forEachWeighted(given, (row, neighbors, weights) => {
        seen.push([row, [...neighbors.subarray(0, 2)], [...weights]]);
      });
      return seen;
    };
    const weights = (...similarities: number[]) => similarities.map((value) => Math.exp(Math.fround(value) / 0.5));
    const all = [
      [0, [2, 1], weights(0.9, 0.8)],
      [1, [0, 1], weights(0.6, 0.5)],
      [2, [1, 2], weights(0.3, 0.2)],
    ];
    expect(voted()).toEqual(all);
    expect(voted({ start: 1, end: 2 })).toEqual([all[1]]);
  });

  it('never counts a class without votes, unless these are ranked too, in the order of their numbers', () => {
    const given = { train: onLine(1, 0.9), trainLabels: Int32Array.of(4, 4), test: onLine(1, 1, 1), ks: [2] };
    const top5 = (testLabels: readonly [number, number, number], ranksVoteless?: boolean) =>
      knnAccuracies({
        ...given,
        testLabels: Int32Array.from(testLabels),
        ...(ranksVoteless !== undefined && { ranksVoteless }),
      })[0]?.top5;
    // The first two count with two neighbors: class 4 and, if it is ranked, class 0.
    expect(top5([4, 0, 1])).toBeCloseTo(100 / 3, 10);
    expect(top5([4, 0, 1], true)).toBeCloseTo(200 / 3, 10);
    // A class that no training image has.
    expect(top5([7, 7, 7])).toBe(0);
    expect(top5([7, 0, 7], true)).toBeCloseTo(100 / 3, 10);
  });

  it('ranks classes by their votes, those of smaller numbers first among equals', () => {
    expect(mostVoted(Float64Array.of(1, 3, 0, 3, 2, 0), 3)).toEqual([1, 3, 4]);
    expect(mostVoted(Float64Array.of(1, 3, 0, 3, 2, 0), 9)).toEqual([1, 3, 4, 0, 2, 5]);
    expect(mostVoted(Float64Array.of(0, 1, 2), 1)).toEqual([2]);
  });

  it('tries the usual numbers of neighbors that there are images for, or else all; one stands for all, 20 or the fewest', () => {
    expect([200, 199, 10, 9].map(fittingKs)).toEqual([[10, 20, 100, 200], [10, 20, 100], [10], [9]]);
    expect(ofUsualK({ 10: 'ten', 20: 'twenty', 100: 'hundred' })).toBe('twenty');
    expect(ofUsualK({ 100: 'hundred', 9: 'nine', 30: 'thirty' })).toBe('nine');
    expect(() => ofUsualK({})).toThrow('has none of any k');
  });

  it('by the other images needs two', () => {
    expect(() => requireOthers('k-NN', { path: '/cats', size: 1 })).toThrow(
      'k-NN needs two images or more, each to be tested by the others; /cats has 1.',
    );
    expect(() => requireOthers('k-NN', { path: '/cats', size: 2 })).not.toThrow();
  });

  it('divides a row that is nearly zero by no less than 1e-12 when normalizing', () => {
    const features = onLine(1e-13, -1e-11);
    normalizeRows(features);
    expect([...features.data]).toEqual([expect.closeTo(0.1, 6), -1]);
  });

  it('leaves a row of zeros alone when normalizing', () => {
    const features = { rows: 2, dim: 2, data: Float32Array.of(3, 4, 0, 0) };
    normalizeRows(features);
    expect([...features.data]).toEqual([Math.fround(0.6), Math.fround(0.8), 0, 0]);
  });
});

function dot(a: Float32Array, atA: number, b: Float32Array, atB: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (a[atA + i] ?? 0) * (b[atB + i] ?? 0);
  return sum;
}
