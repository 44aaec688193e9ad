/**
 * Colour changes as torchvision's `ColorJitter`, `RandomGrayscale` and Pillow's `ImageOps.solarize` make them on 8-bit pictures, with
 * Pillow's rounding (float32 blend, truncated; Pillow's Blend.c, Convert.c). All work in place on [height, width, channels] pixels.
 */
import { below, chance, type RandomStream, uniform } from './randomness.js';

export type JitterOperation = 'brightness' | 'contrast' | 'saturation' | 'hue';

export interface Jitter {
  /** The operations in the order in which they are applied. */
  readonly order: readonly JitterOperation[];
  /** Factors about 1: 0 is black, gray of the mean, and gray; 1 changes nothing. */
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** Shift in turns of the colour circle, -0.5 to 0.5. */
  readonly hue: number;
}

/** Draws DINO's ColorJitter(0.4, 0.4, 0.2, 0.1), which it applies with probability 0.8. Gray pictures have no saturation and no hue. */
export function drawJitter(stream: RandomStream, channels: number): Jitter | undefined {
  if (!chance(stream, 0.8)) return undefined;
  const order: JitterOperation[] =
    channels === 3 ? ['brightness', 'contrast', 'saturation', 'hue'] : ['brightness', 'contrast'];
  for (let last = order.length - 1; last > 0; last--) {
    const [moved] = order.splice(below(stream, last + 1), 1);
    if (moved !== undefined) order.push(moved);
  }
  return {
    order,
    brightness: uniform(stream, 0.6, 1.4),
    contrast: uniform(stream, 0.6, 1.4),
    saturation: uniform(stream, 0.8, 1.2),
    hue: uniform(stream, -0.1, 0.1),
  };
}

/** Applies the jitter to the first `length` values of `pixels`. */
export function applyJitter(pixels: Uint8ClampedArray, length: number, channels: number, jitter: Jitter): void {
  for (const operation of jitter.order) {
    if (operation === 'brightness') blendWithGray(pixels, length, 0, jitter.brightness);
    else if (operation === 'contrast')
      blendWithGray(pixels, length, meanGray(pixels, length, channels), jitter.contrast);
    else if (operation === 'saturation') saturate(pixels, length, jitter.saturation);
    else shiftHue(pixels, length, jitter.hue);
  }
}

/** Replaces RGB by its ITU-R 601 luma in all three channels. */
export function toGray(pixels: Uint8ClampedArray, length: number): void {
  for (let at = 0; at < length; at += 3) {
    const gray = luma(pixels[at] as number, pixels[at + 1] as number, pixels[at + 2] as number);
    pixels[at] = gray;
    pixels[at + 1] = gray;
    pixels[at + 2] = gray;
  }
}

/** Inverts every value of 128 and above. */
export function solarize(pixels: Uint8ClampedArray, length: number): void {
  for (let at = 0; at < length; at++) {
    const value = pixels[at] as number;
    if (value >= 128) pixels[at] = 255 - value;
  }
}

/** ITU-R 601 luma in Pillow's 16-bit fixed point, 0 to 255. */
export function luma(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

function meanGray(pixels: Uint8ClampedArray, length: number, channels: number): number {
  let sum = 0;
  if (channels === 1) for (let at = 0; at < length; at++) sum += pixels[at] as number;
  else {
    for (let at = 0; at < length; at += 3) {
      sum += luma(pixels[at] as number, pixels[at + 1] as number, pixels[at + 2] as number);
    }
  }
  return Math.trunc(sum / (length / channels) + 0.5);
}

const blendTable = new Uint8ClampedArray(256);

/** Moves every value away from (factor > 1) or towards one gray level. */
function blendWithGray(pixels: Uint8ClampedArray, length: number, gray: number, factor: number): void {
  const alpha = Math.fround(factor);
  for (let value = 0; value < 256; value++) blendTable[value] = blend(gray, value, alpha);
  for (let at = 0; at < length; at++) pixels[at] = blendTable[pixels[at] as number] as number;
}

function saturate(pixels: Uint8ClampedArray, length: number, factor: number): void {
  const alpha = Math.fround(factor);
  for (let at = 0; at < length; at += 3) {
    const red = pixels[at] as number;
    const green = pixels[at + 1] as number;
    const blue = pixels[at + 2] as number;
    const gray = luma(red, green, blue);
    pixels[at] = blend(gray, red, alpha);
    pixels[at + 1] = blend(gray, green, alpha);
    pixels[at + 2] = blend(gray, blue, alpha);
  }
}

function blend(from: number, to: number, alpha: number): number {
  return Math.trunc(Math.fround(from + Math.fround(alpha * (to - from))));
}

/** Which sixth of the colour circle each 8-bit hue lies in, and how far into it. */
const POSITION = Float64Array.from({ length: 256 }, (_, hue) => (hue * 6) / 255);
const SEXTANT = Int8Array.from(POSITION, (position) => Math.floor(position) % 6);
const FRACTION = Float32Array.from(POSITION, (position) => position - Math.floor(position));

/** Through 8-bit HSV, as Pillow converts; the shift is truncated to a 255th of a turn as torchvision's is. */
function shiftHue(pixels: Uint8ClampedArray, length: number, turns: number): void {
  const shift = Math.trunc(turns * 255);
  for (let at = 0; at < length; at += 3) {
    const red = pixels[at] as number;
    const green = pixels[at + 1] as number;
    const blue = pixels[at + 2] as number;
    const value = Math.max(red, green, blue);
    const range = value - Math.min(red, green, blue);
    const saturation = range === 0 ? 0 : Math.trunc(Math.fround(range / value) * 255);
    if (saturation === 0) {
      // Pillow's 8-bit saturation may round to none: the pixel comes back gray.
      pixels[at] = value;
      pixels[at + 1] = value;
      pixels[at + 2] = value;
      continue;
    }
    const hue = (hueOf(red, green, blue, value, range) + shift) & 255;
    const sextant = SEXTANT[hue] as number;
    const fraction = FRACTION[hue] as number;
    const share = Math.fround(saturation / 255);
    const low = Math.floor(value * (1 - share) + 0.5);
    const falling = Math.floor(value * (1 - share * fraction) + 0.5);
    const rising = Math.floor(value * (1 - share * (1 - fraction)) + 0.5);
    pixels[at] = sextant === 0 || sextant === 5 ? value : sextant === 1 ? falling : sextant === 4 ? rising : low;
    pixels[at + 1] = sextant === 1 || sextant === 2 ? value : sextant === 0 ? rising : sextant === 3 ? falling : low;
    pixels[at + 2] = sextant === 3 || sextant === 4 ? value : sextant === 2 ? rising : sextant === 5 ? falling : low;
  }
}

/** Hue in 255ths of a turn, with Pillow's float32 roundings. */
function hueOf(red: number, green: number, blue: number, max: number, range: number): number {
  const toRed = Math.fround((max - red) / range);
  const toGreen = Math.fround((max - green) / range);
  const toBlue = Math.fround((max - blue) / range);
  const sixths = Math.fround(
    red === max ? Math.fround(toBlue - toGreen) : green === max ? 2 + toRed - toBlue : 4 + toGreen - toRed,
  );
  const turns = sixths / 6 + 1;
  return Math.trunc(Math.fround(turns >= 1 ? turns - 1 : turns) * 255);
}
