import { describe, expect, it } from 'vitest';
import { stripShape } from '../../../webview/curves/stripShape.js';

describe('the shape of the compared images', () => {
  it('puts few runs below each other in a wide room, and many side by side', () => {
    expect(stripShape(2, 3, { width: 900, height: 480 })).toMatchObject({ areRunsDown: true, isStacked: false });
    expect(stripShape(7, 3, { width: 900, height: 480 })).toMatchObject({ areRunsDown: false, isStacked: false });
  });

  it('fits all images into the room', () => {
    const { side } = stripShape(2, 3, { width: 900, height: 480 });
    expect(2 * (side + 12) + 44).toBeLessThanOrEqual(480);
    expect(3 * (side + 12) + 132).toBeLessThanOrEqual(900);
    // Another one would not.
    expect(2 * (side + 2 + 12) + 44).toBeGreaterThan(480);
  });

  it('writes the names above the rows of a narrow room, and fills its width', () => {
    const { isStacked, areRunsDown, side } = stripShape(2, 3, { width: 260, height: 100 });
    expect({ isStacked, areRunsDown, side }).toEqual({ isStacked: true, areRunsDown: false, side: 118 });
  });

  it('is never too small to see anything, nor larger than an image is worth', () => {
    expect(stripShape(7, 8, { width: 500, height: 100 }).side).toBe(96);
    expect(stripShape(1, 1, { width: 4000, height: 3000 }).side).toBe(480);
  });
});
