import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FeatureMatrix, knnAccuracies, normalizeRows } from '../../../src/evaluation/knn.js';
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
