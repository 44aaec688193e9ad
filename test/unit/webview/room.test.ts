import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NOTHING_COVERED, roomOf } from '../../../webview/embedding/room.js';

const WIDE = { width: 920, height: 640 };
const TALL = { width: 400, height: 900 };
const BAR = 44;

describe('the room of an embedding', () => {
  test('is below the bar', () => {
    expect(roomOf(WIDE, NOTHING_COVERED)).toEqual({ left: 0, top: BAR });
    expect(roomOf({ width: 920, height: 100 }, NOTHING_COVERED)).toEqual({ left: 0, top: 12 });
  });

  test('is beside the legend of a wide panel and below that of a tall one', () => {
    const legend = { right: 236, bottom: 260 };
    expect(roomOf(WIDE, legend)).toEqual({ left: 236, top: BAR });
    expect(roomOf(TALL, legend)).toEqual({ left: 0, top: 260 });
  });

  test('is under a legend that would leave less than six tenths of it', () => {
    const narrow = { width: 300, height: 400 };
    expect(roomOf(narrow, { right: 236, bottom: 380 })).toEqual({ left: 0, top: BAR });
    expect(roomOf(narrow, { right: 120, bottom: 380 })).toEqual({ left: 120, top: BAR });
    expect(roomOf(narrow, { right: 121, bottom: 380 })).toEqual({ left: 0, top: BAR });
  });

  test('never makes the plot smaller than six tenths of what it is without a legend', () => {
    const size = fc.record({ width: fc.integer({ min: 1, max: 3000 }), height: fc.integer({ min: 1, max: 2000 }) });
    const legend = fc.record({ right: fc.nat({ max: 3000 }), bottom: fc.nat({ max: 2000 }) });
    fc.assert(
      fc.property(size, legend, (frame, covered) => {
        const side = ({ left, top }: { left: number; top: number }) => Math.min(frame.width - left, frame.height - top);
        expect(side(roomOf(frame, covered))).toBeGreaterThanOrEqual(0.6 * side(roomOf(frame, NOTHING_COVERED)));
      }),
    );
  });
});
