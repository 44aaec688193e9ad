import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { centeredDistributions, nextCenter } from '../../../src/method/losses/centering.js';
import { dinoLoss } from '../../../src/method/losses/dino.js';
import { featureSpread, meanEntropy } from '../../../src/method/losses/monitors.js';
import { plainLoss } from './plainNetwork.js';
import { plainSpread } from './plainStep.js';

const BATCH = 3;
const K = 5;

const numbers = (n: number) => fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: n, maxLength: n });

describe("DINO's loss", () => {
  beforeAll(useCpuBackend);

  it.each([2, 3, 6])('is the mean over all pairs of different views (%i views), and so is its gradient', (views) => {
    fc.assert(
      fc.property(numbers(views * BATCH * K), numbers(2 * BATCH * K), (a, b) => {
        const student = tf.tensor2d(a, [views * BATCH, K]);
        const teacher = tf.softmax(tf.tensor3d(b, [2, BATCH, K])) as tf.Tensor3D;
        const ours = tf.valueAndGrad((s) => dinoLoss(s as tf.Tensor2D, teacher, 0.1))(student);
        const theirs = tf.valueAndGrad((s) => plainLoss(s as tf.Tensor2D, teacher, 0.1))(student);
        expect(ours.value.dataSync()[0]).toBeCloseTo(theirs.value.dataSync()[0] as number, 3);
        const [mine, wanted] = [ours.grad.dataSync(), theirs.grad.dataSync()];
        wanted.forEach((value, i) => {
          expect(mine[i]).toBeCloseTo(value, 4);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('stays finite for logits far apart', () => {
    const student = tf.tensor2d([1e4, -1e4, 0, 0, 0, 0], [2, 3]);
    const teacher = tf.tensor3d([1, 0, 0, 0, 0, 1], [2, 1, 3]);
    // The first view's target is certain of the third prototype, 1e4 / .1 below the highest; the second's is uniform.
    expect(dinoLoss(student, teacher, 0.1).dataSync()[0]).toBeCloseTo((1e5 + Math.log(3)) / 2, 0);
  });

  it('refuses a teacher of another number of prototypes', () => {
    const loss = () => dinoLoss(tf.zeros([2, 1]), tf.fill([2, 1, 3], 1 / 3), 0.1);
    expect(loss).toThrow('different numbers of prototypes');
  });
});

describe('what the loss is watched by', () => {
  beforeAll(useCpuBackend);

  it('gives entropy 0 for one prototype and ln K for uniform', () => {
    const one = tf.tensor3d([1, 0, 0, 0, 1, 0], [2, 1, 3]);
    expect(meanEntropy(one).dataSync()[0]).toBeCloseTo(0, 6);
    expect(meanEntropy(tf.fill([2, 4, 3], 1 / 3)).dataSync()[0]).toBeCloseTo(Math.log(3), 5);
  });

  it('sharpens with a low temperature and centers', () => {
    const logits = tf.tensor2d([1, 2, 1, 2], [2, 2]);
    const sharp = centeredDistributions(logits, tf.zeros([1, 2]), tf.scalar(0.04)).dataSync();
    expect(sharp[1]).toBeGreaterThan(0.999);
    const centered = centeredDistributions(logits, tf.tensor2d([1, 2], [1, 2]), tf.scalar(0.04)).dataSync();
    expect(centered[0]).toBeCloseTo(0.5, 6);
  });

  it('moves the center toward the mean of the logits', () => {
    const center = nextCenter(tf.tensor2d([1, 1], [1, 2]), tf.tensor2d([3, 1], [1, 2]), 0.1).dataSync();
    expect(center[0]).toBeCloseTo(0.9 + 0.3, 6);
    expect(center[1]).toBeCloseTo(0.9 + 0.1, 6);
  });

  it('gives spread 0 for collapsed features and about 1/sqrt(dim) for random ones', () => {
    expect(featureSpread(tf.ones([8, 16])).dataSync()[0]).toBeCloseTo(0, 5);
    const random = featureSpread(tf.randomNormal([512, 64], 0, 1, 'float32', 7)).dataSync()[0] as number;
    expect(random).toBeCloseTo(1 / 8, 2);
  });

  it('takes the deviation of each dimension, then the mean', () => {
    // Along (1, 0), (1, 0) and (3, 4): unequal deviations, whose mean is not the root of the mean of their squares.
    const features = [[2, 0], [5, 0], [3, 4]]; // biome-ignore format: rows
    const [first, second] = [Math.SQRT2 / 3 * 0.4, Math.SQRT2 / 3 * 0.8]; // biome-ignore format: a deviation each
    expect(plainSpread(features)).toBeCloseTo((first + second) / 2, 12);
    expect(featureSpread(tf.tensor2d(features)).dataSync()[0]).toBeCloseTo((first + second) / 2, 6);
    expect(featureSpread(tf.zeros([2, 2])).dataSync()[0]).toBe(0);
  });
});
