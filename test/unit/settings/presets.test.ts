import { describe, expect, it } from 'vitest';
import { presetsFor } from '../../../src/settings/presetChoice.js';
import { outDimFor } from '../../../src/settings/presets.js';

describe('The preset for somebody who chose none', () => {
  const square = (side: number) => ({ width: side, height: side });

  it('is made for few images up to ten thousand, of whatever size: DINOv2, and DINO where that does not fit', () => {
    for (const size of [undefined, square(32), square(500)])
      for (const images of [1, 10_000]) {
        expect(presetsFor(images, size)).toEqual(['dinov2-few-images', 'few-images']);
        expect(presetsFor(images, size, 'dino')).toEqual(['few-images']);
        expect(presetsFor(images, size, 'dinov2')).toEqual(['dinov2-few-images']);
      }
    expect(presetsFor(10_001, square(500))).toEqual(['tiny']);
    expect(presetsFor(10_001, square(32))).toEqual(['small-data']);
    expect(presetsFor(10_001, square(32), 'dinov2')).toEqual(['dinov2-few-images']);
    expect(presetsFor(10_001, square(500), 'dinov2')).toEqual(['dinov2']);
  });

  it('is made for small images up to a side of 96 pixels, the shorter one', () => {
    expect(presetsFor(20_000, square(96))).toEqual(['small-data']);
    expect(presetsFor(20_000, square(97))).toEqual(['tiny']);
    expect(presetsFor(20_000, { width: 300, height: 96 })).toEqual(['small-data']);
    expect(presetsFor(20_000, { width: 96, height: 300 })).toEqual(['small-data']);
    // However many there are.
    expect(presetsFor(1_000_000, square(32))).toEqual(['small-data']);
  });

  it('is larger from half a million images on', () => {
    expect(presetsFor(499_999, square(224))).toEqual(['tiny']);
    expect(presetsFor(500_000, square(224))).toEqual(['small']);
    expect(presetsFor(499_999)).toEqual(['tiny']);
    expect(presetsFor(500_000)).toEqual(['small']);
  });
});

describe('The number of prototypes', () => {
  it('grows with the data set, up to the default of the original', () => {
    const bounds = [20_000, 50_000, 100_000, 200_000, 500_000];
    expect(bounds.map((images) => outDimFor(images))).toEqual([1024, 2048, 4096, 16_384, 32_768]);
    expect(bounds.map((images) => outDimFor(images + 1))).toEqual([2048, 4096, 16_384, 32_768, 65_536]);
    expect(outDimFor(1)).toBe(1024);
  });
});
