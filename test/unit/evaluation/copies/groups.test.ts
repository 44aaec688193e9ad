import { expect, it } from 'vitest';
import { copySize } from '../../../../src/evaluation/copies/describe.js';
import { copiesOf, copyGroups, copyLinks } from '../../../../src/evaluation/copies/groups.js';
import { groupsAt } from '../../../../src/linkage/linkage.js';

/** Points on a circle, by their angle. */
const around = (...degrees: number[]) => ({
  rows: degrees.length,
  dim: 2,
  data: Float32Array.from(
    degrees.flatMap((angle) => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]),
  ),
});
const cosine = (degrees: number) => Math.cos((degrees * Math.PI) / 180);

it('Copies of copies are one group, and what stands alone is none', async () => {
  const groups = await copyGroups(around(0, 90, 8, 180, 93, 16), cosine(10));
  expect(groups).toEqual([
    { members: [0, 2, 5], similarity: expect.closeTo(cosine(8), 6) },
    { members: [1, 4], similarity: expect.closeTo(cosine(3), 6) },
  ]);
});

it('Two groups become one when an image belongs to both', async () => {
  expect((await copyGroups(around(0, 20, 10), cosine(11))).map(({ members }) => members)).toEqual([[0, 1, 2]]);
});

it('Of nothing, one image, or strangers there are no groups', async () => {
  for (const angles of [[], [0], [0, 90, 180]]) expect(await copyGroups(around(...angles), 0.9)).toEqual([]);
});

it('The copies of one image come in the order of their similarity', () => {
  const found = copiesOf(around(9, 0, 90, 3), Float32Array.of(1, 0), cosine(10));
  expect(found.map(({ row }) => row)).toEqual([1, 3, 0]);
});

it('An image that is exactly as similar as it has to be is a copy, and of equal ones the first comes first', () => {
  const features = { rows: 4, dim: 2, data: Float32Array.of(0.5, 0, 1, 0, 0.5, 9, 0.25, 0) };
  expect(copiesOf(features, Float32Array.of(1, 0), 0.5)).toEqual([
    { row: 1, similarity: 1 },
    { row: 0, similarity: 0.5 },
    { row: 2, similarity: 0.5 },
  ]);
});

it('Links join each image by the most similar one that is joined already', async () => {
  // From 0 to 40 over 15; 42 is nearer to 40, and 90 to 42.
  const heard: number[] = [];
  const links = await copyLinks(around(0, 40, 15, 90, 42), -1, (done) => void heard.push(done));
  const similarities = [15, 25, 2, 48].map((degrees) => expect.closeTo(cosine(degrees), 6));
  expect(links).toEqual([
    { one: 0, other: 2, similarity: similarities[0] },
    { one: 2, other: 1, similarity: similarities[1] },
    { one: 1, other: 4, similarity: similarities[2] },
    { one: 4, other: 3, similarity: similarities[3] },
  ]);
  expect(heard).toEqual([2, 3, 4, 5]);
});

it('Of images that are equally similar the first is joined first, and to the first', async () => {
  expect(await copyLinks({ rows: 3, dim: 1, data: Float32Array.of(1, 1, 1) }, 0)).toEqual(
    [1, 2].map((other) => ({ one: 0, other, similarity: 1 })),
  );
});

it('Links that are exactly as similar as they have to be remain, others are left out', async () => {
  const features = { rows: 3, dim: 2, data: Float32Array.of(1, 0, 0.5, 0.25, 0, 1) };
  expect(await copyLinks(features, 0.5)).toEqual([{ one: 0, other: 1, similarity: 0.5 }]);
  expect(await copyLinks(features, 0.25)).toHaveLength(2);
});

it('What is thrown where progress is heard ends the work, also in time', async () => {
  let heard = 0;
  const failing = async () => {
    heard++;
    await Promise.resolve();
    throw new Error('enough');
  };
  await expect(copyLinks(around(0, 1, 2, 3), 0.5, failing)).rejects.toThrow('enough');
  expect(heard).toBe(1);
  await expect(copyGroups(around(0, 1), 0.5, failing)).rejects.toThrow('enough');
});

it('Images are seen a little larger than the network was made for, in whole patches', () => {
  expect(copySize({ imageSize: 224, patchSize: 16 })).toBe(320);
  expect(copySize({ imageSize: 32, patchSize: 8 })).toBe(40);
  expect(copySize({ imageSize: 8, patchSize: 16 })).toBe(16);
});

it('The links of one pass tell the groups of every threshold', async () => {
  const points = around(...Array.from({ length: 40 }, (_, i) => (i * i * 7) % 360));
  const links = await copyLinks(points, -1);
  expect(links).toHaveLength(39);
  for (const degrees of [1, 2, 5, 9, 14]) {
    const least = cosine(degrees);
    const isLinked = (a: number, b: number) =>
      (points.data[2 * a] as number) * (points.data[2 * b] as number) +
        (points.data[2 * a + 1] as number) * (points.data[2 * b + 1] as number) >=
      least;
    // Every member reaches every other in steps of at least that similarity, and no one else.
    const reached = (from: number) => {
      const seen = new Set([from]);
      for (const one of seen) for (let other = 0; other < 40; other++) if (isLinked(one, other)) seen.add(other);
      return [...seen].sort((a, b) => a - b);
    };
    const groups = groupsAt(links, least);
    for (const { members, similarity } of groups) {
      expect(reached(members[0] as number)).toEqual(members);
      expect(similarity).toBeGreaterThanOrEqual(least);
    }
    const alone = [...Array(40).keys()].filter((row) => groups.every(({ members }) => !members.includes(row)));
    for (const row of alone) expect(reached(row)).toEqual([row]);
  }
});
