import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodedImages, reserveDecoded } from '../../../src/data/decodedImages.js';
import { fingerprint, noiseImage } from './images.js';

describe('decoded images', () => {
  test('are the same in every thread that has the memory', () => {
    const memory = reserveDecoded(3, 3, 10_000);
    const [one, other] = [new DecodedImages(memory), new DecodedImages(memory)];
    const image = noiseImage(7, 5, 3, 1);
    one.add(1, image);
    other.add(2, noiseImage(3, 3, 3, 2));
    expect(other.get(1)).toEqual(image);
    expect(one.get(2)).toEqual(noiseImage(3, 3, 3, 2));
    expect(one.get(0)).toBeUndefined();
  });

  test('are kept once', () => {
    const memory = reserveDecoded(1, 1, 10_000);
    const [one, other] = [new DecodedImages(memory), new DecodedImages(memory)];
    one.add(0, noiseImage(8, 8, 1, 1));
    other.add(0, noiseImage(8, 8, 1, 1));
    expect(one.bytes).toBe(64);
  });

  test('never take more than the budget, and none of them overlap', () => {
    const sides = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sides, fc.nat(20_000), (widths, budget) => {
        const memory = reserveDecoded(widths.length, 3, budget);
        const store = new DecodedImages(memory);
        for (const [index, width] of widths.entries()) {
          store.add(index, noiseImage(width, 9, 3, index));
          expect(store.bytes).toBeLessThanOrEqual(budget);
        }
        expect(memory.pixels.byteLength).toBeLessThanOrEqual(budget);
        for (const [index, width] of widths.entries()) {
          const kept = store.get(index);
          if (kept !== undefined) expect(fingerprint(kept.data)).toBe(fingerprint(noiseImage(width, 9, 3, index).data));
        }
      }),
      { numRuns: 20 },
    );
  });

  test('that fit are kept, also after one that did not', () => {
    const store = new DecodedImages(reserveDecoded(3, 1, 1000));
    store.add(0, noiseImage(20, 20, 1, 1));
    store.add(1, noiseImage(30, 30, 1, 2));
    store.add(2, noiseImage(20, 20, 1, 3));
    expect([0, 1, 2].map((index) => store.get(index) !== undefined)).toEqual([true, false, true]);
  });

  test('more memory than there is', () => {
    expect(() => reserveDecoded(1, 3, 2 ** 52)).toThrow(/^cache_mb is \d+, but there is not so much memory/);
  });
});
