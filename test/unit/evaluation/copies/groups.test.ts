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
