import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFrame, kept, pannedBy, toFrame, WHOLE, zoomedAt } from '../../../webview/shared/view.js';

const LIMITS = { least: 1, most: 32, slack: 0 };
const part = fc.double({ min: 0, max: 1, noNaN: true });
const point = fc.record({ x: part, y: part });
/** Some part of the whole, reached as a person reaches it. */
const view = fc
  .array(fc.record({ factor: fc.double({ min: 0.5, max: 3, noNaN: true }), at: point }), { maxLength: 5 })
  .map((turns) => turns.reduce((reached, { factor, at }) => zoomedAt(reached, factor, at, LIMITS), WHOLE));

describe('A view', () => {
  it('keeps the point under the pointer when it zooms in', () => {
    fc.assert(
      fc.property(view, point, fc.double({ min: 1, max: 4, noNaN: true }), (before, at, factor) => {
        const after = zoomedAt(before, factor, at, LIMITS);
        const [was, is] = [fromFrame(before, at), fromFrame(after, at)];
        expect(is.x).toBeCloseTo(was.x, 9);
        expect(is.y).toBeCloseTo(was.y, 9);
        expect(after.k).toBeCloseTo(Math.min(32, before.k * factor), 9);
      }),
    );
  });

  it('never shows a gap beside an image, however it is zoomed and panned', () => {
    fc.assert(
      fc.property(view, point, fc.double({ min: -2, max: 2, noNaN: true }), (before, at, by) => {
        for (const after of [zoomedAt(before, 0.7, at, LIMITS), pannedBy(before, { x: by, y: -by }, LIMITS)]) {
          const [first, last] = [toFrame(after, { x: 0, y: 0 }), toFrame(after, { x: 1, y: 1 })];
          expect(Math.max(first.x, first.y)).toBeLessThanOrEqual(1e-9);
          expect(Math.min(last.x, last.y)).toBeGreaterThanOrEqual(1 - 1e-9);
        }
      }),
    );
  });

  it('stops at its limits, and far enough out shows all again', () => {
    expect(zoomedAt(WHOLE, 1000, { x: 0.25, y: 0.75 }, LIMITS)).toEqual({ k: 32, x: -7.75, y: -23.25 });
    expect(zoomedAt({ k: 3, x: -1.5, y: -0.2 }, 0.1, { x: 0.9, y: 0.1 }, LIMITS)).toEqual(WHOLE);
  });

  it('may leave the frame by its slack, when it is smaller than the frame, too', () => {
    expect(kept({ k: 2, x: 9, y: -9 }, 0.5)).toEqual({ k: 2, x: 0.5, y: -1.5 });
    expect(kept({ k: 0.5, x: 9, y: -9 }, 0.25)).toEqual({ k: 0.5, x: 0.75, y: -0.25 });
  });

  it('knows where a point is, and back', () => {
    const shown = { k: 4, x: -1, y: -2 };
    expect(toFrame(shown, { x: 0.5, y: 0.75 })).toEqual({ x: 1, y: 1 });
    expect(fromFrame(shown, { x: 1, y: 1 })).toEqual({ x: 0.5, y: 0.75 });
  });
});
