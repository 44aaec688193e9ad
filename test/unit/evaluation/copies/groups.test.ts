import { expect, it } from 'vitest';
import { copySize } from '../../../../src/evaluation/copies/describe.js';
import { copiesOf, copyGroups } from '../../../../src/evaluation/copies/groups.js';

/** Points on a circle, by their angle. */
const around = (...degrees: number[]) => ({
  rows: degrees.length,
  dim: 2,
  data: Float32Array.from(
    degrees.flatMap((angle) => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]),
  ),
});
const cosine = (degrees: number) => Math.cos((degrees * Math.PI) / 180);

it('Copies of copies are one group, and what stands alone is none', () => {
  const groups = copyGroups(around(0, 90, 8, 180, 93, 16), cosine(10));
  expect(groups).toEqual([
    { rows: [0, 2, 5], similarity: expect.closeTo(cosine(8), 6) },
    { rows: [1, 4], similarity: expect.closeTo(cosine(3), 6) },
  ]);
});

it('Two groups become one when an image belongs to both', () => {
  expect(copyGroups(around(0, 20, 10), cosine(11)).map(({ rows }) => rows)).toEqual([[0, 1, 2]]);
});

it('Of nothing, one image, or strangers there are no groups', () => {
  for (const angles of [[], [0], [0, 90, 180]]) expect(copyGroups(around(...angles), 0.9)).toEqual([]);
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
