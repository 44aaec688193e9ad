/** What a probe measures of features whose neighbors are known. */
import { expect, test } from 'vitest';
import { measureProbe } from '../../../src/evaluation/probeMeasures.js';

/** Features on a circle, an angle in degrees each; of any length, which must not count. */
const onCircle = (angles: readonly number[], length = 1) => ({
  rows: angles.length,
  dim: 2,
  data: Float32Array.from(
    angles.flatMap((angle) => [Math.cos, Math.sin].map((f) => length * f((angle * Math.PI) / 180))),
  ),
});
const spread = (count: number) => Array.from({ length: count }, (_, i) => (360 * i) / count);
const unlabeled = (count: number) => new Int32Array(count).fill(-1);
const probe = (
  whole: readonly number[],
  crops = whole,
  labels = unlabeled(whole.length),
  known?: Parameters<typeof measureProbe>[2],
) => measureProbe({ whole: onCircle(whole, 3), crops: onCircle(crops, 0.2) }, labels, known);

test('k-NN leaves the image itself out, and needs two classes', async () => {
  const pairs = [0, 1, 90, 91, 180, 181];
  expect((await probe(pairs, pairs, Int32Array.from([0, 0, 1, 1, 2, 2]))).knn, 'a near one outweighs far ones').toBe(
    100,
  );
  // Each image's only neighbor nearby is of the other class.
  expect((await probe(pairs, pairs, Int32Array.from([0, 1, 0, 1, 0, 1]))).knn).toBe(0);
  expect((await probe(pairs, pairs, Int32Array.from([0, 0, 1, 1, -1, -1]))).knn, 'of those with a class').toBe(100);
  expect(await probe(pairs, pairs, new Int32Array(6))).not.toHaveProperty('knn');
  expect(await probe(pairs)).not.toHaveProperty('knn');
});

test('a crop has found its image when it is among the nearest twentieth', async () => {
  const whole = spread(40);
  const step = 360 / 40;
  const agreement = async (shift: number, of = whole) =>
    (
      await probe(
        of,
        of.map((angle) => angle + shift * step),
      )
    ).viewAgreement;
  expect(await agreement(0)).toBe(100);
  expect(await agreement(0.4)).toBe(100);
  expect(await agreement(0.9), 'second nearest of 40').toBe(100);
  expect(await agreement(1.1), 'third nearest of 40').toBe(0);
  expect(
    (await probe(whole, [...whole.slice(0, 10), ...whole.slice(10).map((angle) => angle + 180)])).viewAgreement,
  ).toBe(25);
  expect(await agreement(0, new Array(40).fill(7)), 'all features alike').toBe(0);
});

test('stability is the share of neighbors that were neighbors at the probe before', async () => {
  const whole = spread(40);
  const first = await probe(whole);
  expect(first.neighborStability).toBeUndefined();
  expect(first.neighbors).toHaveLength(40 * 10);
  expect((await probe(whole, whole, unlabeled(40), { before: first.neighbors })).neighborStability).toBe(100);
  // The halves of the circle change places one by one: hardly anybody has the neighbors that it had.
  const shuffled = whole.map((_, i) => whole[(i * 7) % 40] ?? 0);
  const { neighborStability = 100 } = await probe(shuffled, shuffled, unlabeled(40), { before: first.neighbors });
  expect(neighborStability).toBeLessThan(50);
  const moved = await probe(shuffled, shuffled, unlabeled(40));
  const known = { before: moved.neighbors, untrained: first.neighbors };
  expect(
    await probe(shuffled, shuffled, unlabeled(40), known),
    'still now, but moved since it was untrained',
  ).toMatchObject({
    neighborStability: 100,
    untrainedNeighbors: neighborStability,
  });
  const few = await probe([0, 1, 2, 180, 181]);
  expect(few.neighbors, 'of 5 images all the others').toHaveLength(5 * 4);
});

test('an image without a class counts neither way, even where all its neighbors have none', async () => {
  // 30 without a class side by side, then two pairs far away: no neighbor of the first has a class.
  const angles = [...Array.from({ length: 30 }, (_, i) => i / 10), 120, 121, 240, 241];
  const labels = Int32Array.from(angles, (angle) => (angle < 100 ? -1 : angle < 200 ? 0 : 1));
  expect((await probe(angles, angles, labels)).knn).toBe(100);
  const crossed = Int32Array.from(labels);
  crossed.set([0, 1, 0, 1], 30);
  expect((await probe(angles, angles, crossed)).knn).toBe(0);
});

test('twenty neighbors vote, and ten are remembered, the nearest first', async () => {
  // All alike, so that the twenty others of smallest numbers vote, each as much: the class of most wins.
  const same = new Array<number>(30).fill(7);
  const votes = (first: number) =>
    probe(
      same,
      same,
      Int32Array.from(same, (_, image) => (image < first ? 0 : 1)),
    );
  // Of images 0 to 19, or to 20 without itself, as many are of class 0 as are below the first of class 1.
  expect((await votes(9)).knn, 'class 1 wins everywhere').toBeCloseTo((100 * 21) / 30, 10);
  expect((await votes(12)).knn, 'class 0 wins everywhere').toBeCloseTo((100 * 12) / 30, 10);
  const { neighbors } = await votes(9);
  expect([...neighbors.subarray(0, 10)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect([...neighbors.subarray(290)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('the share of neighbors that stayed is counted image by image', async () => {
  const whole = [0, 1, 2, 180, 181, 183];
  const now = await probe(whole);
  expect([...now.neighbors.subarray(0, 5)]).toEqual([1, 2, 5, 4, 3]);
  // Each image's neighbors before were others: of five the first two stayed of the first image, and one of the last.
  const before = new Int32Array(30).fill(-1);
  before.set([1, 2], 3);
  before.set([0], 25);
  expect((await probe(whole, whole, unlabeled(6), { before })).neighborStability).toBe(10);
});
