import { describe, expect, it } from 'vitest';
import {
  best,
  jaccard,
  meanOfEachHead,
  overlapOf,
  segmentationMeans,
} from '../../../../src/evaluation/segmentation/jaccard.js';
import { crop, croppedSize, perPixel } from '../../../../src/evaluation/segmentation/masks.js';

describe('Jaccard', () => {
  it('is intersection over union', () => {
    expect(jaccard([1, 1, 0, 0], [1, 0, 1, 0])).toBe(1 / 3);
  });

  it('takes void as background, or leaves it out', () => {
    expect(jaccard([1, 1, 0], [1, 255, 255])).toBe(1 / 2);
    expect(jaccard([1, 1, 0], [1, 255, 255], true)).toBe(1);
  });

  it('takes every object of a truth as the object', () => {
    expect(jaccard([1, 1], [3, 20])).toBe(1);
  });

  it('is 1 where neither has an object, and 0 where only one has', () => {
    expect(jaccard([0, 0], [0, 255])).toBe(1);
    expect(jaccard([1, 0], [0, 0])).toBe(0);
    expect(jaccard([0, 0], [0, 1])).toBe(0);
    expect(jaccard([1, 1], [255, 255], true)).toBe(1);
  });

  it('comes with how much of the mask is object, and how much of the object is masked', () => {
    expect(overlapOf([1, 1, 1, 1, 0], [1, 0, 2, 255, 1])).toEqual({ jaccard: 2 / 5, precision: 2 / 4, recall: 2 / 3 });
    expect(overlapOf([1, 1, 1, 1, 0], [1, 0, 2, 255, 1], true)).toEqual({
      jaccard: 2 / 4,
      precision: 2 / 3,
      recall: 2 / 3,
    });
    expect(overlapOf([0, 1], [0, 0])).toEqual({ jaccard: 0, precision: 0, recall: undefined });
    expect(overlapOf([0, 0], [0, 1])).toEqual({ jaccard: 0, precision: undefined, recall: 0 });
  });

  it('is refused for other sizes', () => {
    expect(() => jaccard([1], [1, 0])).toThrow('the mask has 1 pixels and the truth 2');
  });
});

it('The first of the best heads is the best one', () => {
  expect(best([0, 2, 2])).toBe(1);
  expect(
    segmentationMeans([
      [0.25, 0.75, 0.5],
      [0.75, 0, 0.5],
    ]),
  ).toEqual({
    ofEachHead: [0.5, 0.375, 0.5],
    bestHead: 0,
    ofBestHeadPerImage: 0.75,
  });
});

it('A mean leaves images out that have no value, and is null where none has one', () => {
  expect(
    meanOfEachHead([
      [0.5, undefined, undefined],
      [0.25, 0.75, undefined],
    ]),
  ).toEqual([0.375, 0.75, null]);
  expect(meanOfEachHead([])).toEqual([]);
});

describe('pixels', () => {
  it('that do not fill a patch are cut at the right and the bottom', () => {
    expect(croppedSize({ width: 39, height: 71 }, 8)).toEqual({ width: 32, height: 64 });
    const values = Uint8Array.of(1, 2, 3, 4, 5, 6);
    expect(crop(values, { width: 3, height: 2 }, { width: 2, height: 2 })).toEqual(Uint8Array.of(1, 2, 4, 5));
    expect(crop(values, { width: 1, height: 2 }, { width: 1, height: 1 }, 3)).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('that make no patch are refused', () => {
    expect(() => croppedSize({ width: 7, height: 20 }, 8)).toThrow('7 x 20 pixels are less than one patch of 8 pixels');
    expect(() => croppedSize({ width: 20, height: 7 }, 8)).toThrow('20 x 7 pixels are less than one patch of 8 pixels');
    expect(croppedSize({ width: 8, height: 8 }, 8)).toEqual({ width: 8, height: 8 });
  });

  it('have the value of their patch', () => {
    expect([...perPixel(Uint8Array.of(1, 0), { rows: 1, columns: 2 }, 2)]).toEqual([1, 1, 0, 0, 1, 1, 0, 0]);
  });
});
