import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NOTHING_COVERED, roomOf } from '../../../webview/embedding/room.js';

const WIDE = { width: 920, height: 640 };
const TALL = { width: 400, height: 900 };
const NARROW = { width: 300, height: 400 };
const BAR = { ...NOTHING_COVERED, bar: 44 };

describe('the room of an embedding', () => {
  test('is the whole panel, or what is below the bar', () => {
    expect(roomOf(WIDE, NOTHING_COVERED)).toEqual({ left: 0, top: 0 });
    expect(roomOf(WIDE, BAR)).toEqual({ left: 0, top: 44 });
  });

  test('is beside the legend of a wide panel and below that of a tall one', () => {
    const covered = { ...BAR, right: 236, bottom: 260 };
    expect(roomOf(WIDE, covered)).toEqual({ left: 236, top: 44 });
    expect(roomOf(TALL, covered)).toEqual({ left: 0, top: 260 });
  });

  test('is under a legend, or under a bar too, that would leave less than six tenths of it', () => {
    expect(roomOf(NARROW, { ...BAR, right: 120, bottom: 380 })).toEqual({ left: 120, top: 44 });
    expect(roomOf(NARROW, { ...BAR, right: 121, bottom: 380 })).toEqual({ left: 0, top: 44 });
    expect(roomOf({ width: 300, height: 110 }, { bar: 45, right: 0, bottom: 0 })).toEqual({ left: 0, top: 0 });
    expect(roomOf({ width: 300, height: 110 }, { bar: 44, right: 0, bottom: 0 })).toEqual({ left: 0, top: 44 });
  });

  test('never makes the plot smaller than six tenths of the panel', () => {
    const size = fc.record({ width: fc.integer({ min: 1, max: 3000 }), height: fc.integer({ min: 1, max: 2000 }) });
    const floating = fc.record({
      bar: fc.nat({ max: 200 }),
      right: fc.nat({ max: 3000 }),
      bottom: fc.nat({ max: 2000 }),
    });
    fc.assert(
      fc.property(size, floating, ({ width, height }, covered) => {
        const { left, top } = roomOf({ width, height }, covered);
        expect(Math.min(width - left, height - top)).toBeGreaterThanOrEqual(0.6 * Math.min(width, height));
      }),
    );
  });
});
