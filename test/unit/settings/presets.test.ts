import { describe, expect, it } from 'vitest';
import { choosePreset, outDimFor } from '../../../src/settings/presets.js';

describe('The preset for somebody who chose none', () => {
  const square = (side: number) => ({ width: side, height: side });

  it('is made for few images up to ten thousand, of whatever size', () => {
    for (const size of [undefined, square(32), square(500)]) expect(choosePreset(10_000, size)).toBe('few-images');
    expect(choosePreset(1)).toBe('few-images');
    expect(choosePreset(10_001, square(500))).toBe('tiny');
    expect(choosePreset(10_001, square(32))).toBe('small-data');
  });

  it('is made for small images up to a side of 96 pixels, the shorter one', () => {
    expect(choosePreset(20_000, square(96))).toBe('small-data');
    expect(choosePreset(20_000, square(97))).toBe('tiny');
    expect(choosePreset(20_000, { width: 300, height: 96 })).toBe('small-data');
    expect(choosePreset(20_000, { width: 96, height: 300 })).toBe('small-data');
    // However many there are.
    expect(choosePreset(1_000_000, square(32))).toBe('small-data');
  });

  it('is larger from half a million images on', () => {
    expect(choosePreset(499_999, square(224))).toBe('tiny');
    expect(choosePreset(500_000, square(224))).toBe('small');
    expect(choosePreset(499_999)).toBe('tiny');
    expect(choosePreset(500_000)).toBe('small');
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
