import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FeatureMatrix, knnAccuracies, normalizeRows } from '../../../src/evaluation/knn.js';
import type { HostTensor } from '../../../src/method/program.js';
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
    });
    for (const { k, top1, top5 } of accuracies) {
      // The reference was written from float32.
      expect({ top1: Math.fround(top1), top5: Math.fround(top5) }).toEqual(expected[k]);
    }
  });

  it('agrees with sorting every similarity, for any sizes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 23 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer(),
        (trainRows, dim, seed) => {
          const random = (count: number, offset: number): Float32Array =>
            Float32Array.from({ length: count }, (_, i) => Math.sin(seed * 0.001 + offset + i * i * 1.7));
          const train = { rows: trainRows, dim, data: random(trainRows * dim, 1) };
          const test = { rows: 7, dim, data: random(7 * dim, 2) };
          normalizeRows(train);
          normalizeRows(test);
          const trainLabels = Int32Array.from({ length: trainRows }, (_, i) => i % 3);
          const testLabels = Int32Array.from({ length: 7 }, (_, i) => i % 3);
          const k = Math.min(5, trainRows);
          let hits = 0;
          for (let row = 0; row < 7; row++) {
            const similarity = Array.from({ length: trainRows }, (_, j) =>
              Math.fround(dot(test.data, row * dim, train.data, j * dim, dim)),
            );
            const order = [...similarity.keys()].sort((a, b) => (similarity[b] ?? 0) - (similarity[a] ?? 0) || a - b);
            const votes = [0, 0, 0];
            for (const j of order.slice(0, k))
              votes[j % 3] = (votes[j % 3] ?? 0) + Math.exp((similarity[j] ?? 0) / 0.07);
            if (votes.indexOf(Math.max(...votes)) === row % 3) hits++;
          }
          const [accuracy] = knnAccuracies({ train, trainLabels, test, testLabels, ks: [k] });
          expect(accuracy?.top1).toBeCloseTo((hits * 100) / 7, 10);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses a k beyond the training pictures', () => {
    const features = { rows: 2, dim: 1, data: Float32Array.of(1, 1) };
    const own = Int32Array.of(0, 1);
    expect(() =>
      knnAccuracies({ train: features, trainLabels: own, test: features, testLabels: own, ks: [3] }),
    ).toThrow('k-NN needs k to be a whole number from 1 to 2, the number of training pictures; got 3');
  });

  it('leaves a row of zeros alone when normalising', () => {
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
