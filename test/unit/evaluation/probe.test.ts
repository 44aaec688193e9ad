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
