// The kernel that turns hues computes otherwise than Pillow does. Its way to HSV and its way back are compared with Pillow's operations for
// all that each can be given.
import { describe, expect, test } from 'vitest';
import { bytesAt, kernels, layOut } from '../../../src/data/pixelKernels.js';

const LEVELS = 256;

describe('the hue is Pillow’s', () => {
  test.each([25, -25])('of all colors, turned by %d of 255', (shift) => {
    const colors = new Uint8Array(LEVELS * LEVELS * 3);
    for (let red = 0; red < LEVELS; red++) {
      for (let at = 0, green = 0; green < LEVELS; green++) {
        for (let blue = 0; blue < LEVELS; blue++) {
          colors[at++] = red;
          colors[at++] = green;
          colors[at++] = blue;
        }
      }
      expectPillows(colors, shift);
    }
  });

  test('of all hues before, turned by each step of a sixth of the circle', () => {
    // Where the highest channel is 255, each hue of a color is that of one of these.
    const colors = [];
    for (let low = 0; low < LEVELS; low++) {
      for (let middle = low; middle < LEVELS; middle++) {
        colors.push(
          255,
          middle,
          low,
          middle,
          255,
          low,
          low,
          255,
          middle,
          low,
          middle,
          255,
          middle,
          low,
          255,
          255,
          low,
          middle,
        );
      }
    }
    // The channel that moves within a sixth does so at one of these steps, so a wrong hue shows.
    for (let shift = 0; shift <= 43; shift++) expectPillows(Uint8Array.from(colors), shift);
  });

  test('of all values and saturations, turned to all hues', () => {
    // Reds: their hue is 0.
    const reds = [];
    for (let value = 0; value < LEVELS; value++) {
      for (let low = 0; low <= value; low++) reds.push(value, low, low);
    }
    for (let shift = 0; shift < LEVELS; shift++) expectPillows(Uint8Array.from(reds), shift);
  });
});

function expectPillows(colors: Uint8Array, shift: number): void {
  const [address] = layOut(colors.length);
  const turned = bytesAt(address, colors.length);
  turned.set(colors);
  kernels.shiftHue(address, colors.length, shift);
  // One comparison in the usual case: an assertion for each color takes minutes.
  const expected = pillowsShift(colors, shift);
  if (Buffer.compare(turned, expected) === 0) return;
  const at = turned.findIndex((level, place) => level !== expected[place]);
  const first = at - (at % 3);
  const pixel = (of: Uint8Array) => [...of.subarray(first, first + 3)];
  expect(pixel(turned), `${pixel(colors)} turned by ${shift}`).toEqual(pixel(expected));
}

/** `rgb2hsv_row` and `hsv2rgb` of Pillow's Convert.c, with torchvision's addition between them. */
function pillowsShift(colors: Uint8Array, shift: number): Uint8Array {
  const turned = new Uint8Array(colors.length);
  for (let at = 0; at < colors.length; at += 3) {
    const [red, green, blue] = [colors[at] as number, colors[at + 1] as number, colors[at + 2] as number];
    const value = Math.max(red, green, blue);
    const { hue, saturation } = hueAndSaturation(red, green, blue, value);
    toRgb((hue + shift) & 255, saturation, value, turned, at);
  }
  return turned;
}

function hueAndSaturation(red: number, green: number, blue: number, value: number) {
  const range = value - Math.min(red, green, blue);
  if (range === 0) return { hue: 0, saturation: 0 };
  const float = Math.fround;
  const [toRed, toGreen, toBlue] = [
    float((value - red) / range),
    float((value - green) / range),
    float((value - blue) / range),
  ];
  let sixths: number;
  if (red === value) sixths = float(toBlue - toGreen);
  else if (green === value) sixths = float(2 + toRed - toBlue);
  else sixths = float(4 + toGreen - toRed);
  return {
    hue: Math.trunc(float((sixths / 6 + 1) % 1) * 255),
    saturation: Math.trunc(float(range / value) * 255),
  };
}

function toRgb(hue: number, saturation: number, value: number, into: Uint8Array, at: number): void {
  const float = Math.fround;
  const sixth = Math.floor((hue * 6) / 255);
  const fraction = float((hue * 6) / 255 - sixth);
  const share = float(saturation / 255);
  const low = Math.round(value * (1 - share));
  const falling = Math.round(value * (1 - share * fraction));
  const rising = Math.round(value * (1 - share * (1 - fraction)));
  const put = (red: number, green: number, blue: number) => {
    into[at] = red;
    into[at + 1] = green;
    into[at + 2] = blue;
  };
  if (saturation === 0) put(value, value, value);
  else if (sixth % 6 === 0) put(value, rising, low);
  else if (sixth === 1) put(falling, value, low);
  else if (sixth === 2) put(low, value, rising);
  else if (sixth === 3) put(low, falling, value);
  else if (sixth === 4) put(rising, low, value);
  else put(value, low, falling);
}
