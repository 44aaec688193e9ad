/** Images for the screen. */
import { expect, test } from 'vitest';
import { shownImage } from '../../../src/data/shownImage.js';

/** Each pixel's value is its column. */
const ramp = (width: number, height: number, channels: number) => ({
  width,
  height,
  channels,
  data: Uint8Array.from({ length: width * height * channels }, (_, i) => Math.floor(i / channels) % width),
});

test('one that is small enough is shown as it is, gray as RGB', () => {
  expect(shownImage(ramp(3, 1, 1), 3)).toEqual({
    width: 3,
    height: 1,
    pixels: Uint8Array.of(0, 0, 0, 1, 1, 1, 2, 2, 2),
  });
  expect(shownImage(ramp(3, 2, 3), 100).pixels).toEqual(ramp(3, 2, 3).data);
});

test('a larger one is reduced and keeps its shape, but for less than a pixel', () => {
  expect(shownImage(ramp(200, 100, 3), 50)).toMatchObject({ width: 50, height: 25 });
  expect(shownImage(ramp(100, 200, 3), 50)).toMatchObject({ width: 25, height: 50 });
  expect(shownImage(ramp(1000, 1, 3), 50)).toMatchObject({ width: 50, height: 1 });
});

test('a part of it alone', () => {
  const box = { left: 1, top: 0, width: 2, height: 1 };
  expect(shownImage(ramp(4, 2, 1), 10, box)).toEqual({ width: 2, height: 1, pixels: Uint8Array.of(1, 1, 1, 2, 2, 2) });
});
