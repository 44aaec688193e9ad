import { describe, expect, it } from 'vitest';
import { resizeNearest } from '../../../../src/evaluation/nearest.js';
import { labelOfEach, maskOf, oneHot, stretch } from '../../../../src/evaluation/video/labelMaps.js';
import { LabelPropagation, neighborsOf } from '../../../../src/evaluation/video/propagate.js';

const grid = { rows: 1, columns: 3 };
/** A direction a patch, each at a right angle to the others. */
const apart = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
const shifted = Float32Array.of(0, 1, 0, 0, 0, 1, 1, 0, 0);
const labels = oneHot(Uint8Array.of(0, 1, 2));

describe('propagation', () => {
  it('follows a patch to where it went', () => {
    const propagation = new LabelPropagation(grid, apart, labels, { frames: 1, radius: 0, topK: 1 });
    expect([...propagation.next(shifted)]).toEqual([0, 0, 1, 1, 0, 0, 0, 1, 0]);
  });

  it('looks no further than its radius', () => {
    const propagation = new LabelPropagation(grid, apart, labels, { frames: 1, radius: 1, topK: 1 });
    const [background, first, second] = [0, 3, 6].map((at) => propagation.next(shifted).subarray(at, at + 3)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    // The last patch came from the first one, which is out of reach: its two neighbors tie.
    expect([background[2], first[2], second[2]]).toEqual([0, 0.5, 0.5]);
  });

  it('keeps the first frame, and so many of the last', () => {
    const same = Float32Array.of(1, 1, 1);
    const propagation = new LabelPropagation(grid, same, labels, { frames: 1, radius: 0, topK: 1 });
    for (let frame = 0; frame < 3; frame++)
      expect([...propagation.next(same)]).toEqual(Array.from({ length: 9 }, () => expect.closeTo(1 / 3, 6)));
  });

  it('takes all sources when there are fewer than k', () => {
    const propagation = new LabelPropagation(grid, apart, labels, { frames: 1, radius: 0, topK: 100 });
    const sum = [0, 3, 6].reduce((total, at) => total + (propagation.next(shifted)[at] as number), 0);
    expect(sum).toBeCloseTo(1, 1);
  });
});

it('Neighbors are cut at the edges', () => {
  expect([...neighborsOf({ rows: 3, columns: 3 }, 0, 1)]).toEqual([0, 1, 3, 4]);
  expect([...neighborsOf({ rows: 3, columns: 3 }, 5, 1)]).toEqual([1, 2, 4, 5, 7, 8]);
  expect([...neighborsOf({ rows: 1, columns: 2 }, 1, 0)]).toEqual([0, 1]);
});

describe('label maps', () => {
  it('are stretched each by itself; constant ones become NaN, those without anything stay', () => {
    const maps = Float32Array.of(1, 3, 5, 2, 2, 2, 0, 0, 0);
    stretch(maps, 3);
    expect([...maps]).toEqual([0, 0.5, 1, Number.NaN, Number.NaN, Number.NaN, 0, 0, 0]);
  });

  it('give the first of the largest labels, and NaN is the largest', () => {
    expect([...labelOfEach(Float32Array.of(1, 0, 0, 1, 1, Number.NaN, 0, 1, 9), 3)]).toEqual([0, 1, 1]);
  });

  it('become masks of the size of the frame', () => {
    const mask = maskOf(oneHot(Uint8Array.of(1, 0)), { rows: 1, columns: 2 }, 4, { width: 4, height: 2 });
    expect([...mask]).toEqual([1, 1, 0, 0, 1, 1, 0, 0]);
  });

  it('lose what vanished at the top end', () => {
    expect([...oneHot(Uint8Array.of(0, 2))]).toEqual([1, 0, 0, 0, 0, 1]);
    expect(oneHot(Uint8Array.of(0, 0))).toHaveLength(2);
  });
});

it('Nearest pixels are those of Pillow, whose steps add up', () => {
  const values = Uint8Array.from({ length: 32 }, (_, i) => i);
  expect(resizeNearest(values, { width: 32, height: 1 }, { width: 26, height: 1 })[19]).toBe(23);
  expect([...resizeNearest(values.subarray(0, 4), { width: 2, height: 2 }, { width: 4, height: 1 })]).toEqual([
    2, 2, 3, 3,
  ]);
});
