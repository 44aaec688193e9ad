/**
 * Color changes as torchvision's `ColorJitter`, `RandomGrayscale` and Pillow's `ImageOps.solarize` make them on 8-bit images, with
 * Pillow's rounding (float32 blend, truncated; Pillow's Blend.c, Convert.c). All work in place on [height, width, channels] pixels.
 */
import { bytesAt, kernels, layOut } from './pixelKernels.js';
import { below, chance, type RandomStream, uniform } from './randomness.js';

export type JitterOperation = 'brightness' | 'contrast' | 'saturation' | 'hue';

export interface Jitter {
  /** The operations in the order in which they are applied. */
  readonly order: readonly JitterOperation[];
  /** Factors about 1: 0 is black, gray of the mean, and gray; 1 changes nothing. */
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** Shift in turns of the color circle, -0.5 to 0.5. */
  readonly hue: number;
}

/**
 * Draws DINO's ColorJitter(0.4, 0.4, 0.2, 0.1), which it applies with probability 0.8. Gray images have no saturation and no hue.
 * @param strength what these four numbers are multiplied by
 */
export function drawJitter(stream: RandomStream, channels: number, strength: number): Jitter | undefined {
  if (!chance(stream, 0.8) || strength === 0) return undefined;
  const order: JitterOperation[] =
    channels === 3 ? ['brightness', 'contrast', 'saturation', 'hue'] : ['brightness', 'contrast'];
  for (let last = order.length - 1; last > 0; last--) {
    const [moved] = order.splice(below(stream, last + 1), 1);
    if (moved !== undefined) order.push(moved);
  }
  const factor = (most: number) => uniform(stream, Math.max(0, 1 - most), 1 + most);
  return {
    order,
    brightness: factor(0.4 * strength),
    contrast: factor(0.4 * strength),
    saturation: factor(0.2 * strength),
    hue: uniform(stream, -0.1 * strength, 0.1 * strength),
  };
}

/** Applies the jitter to the first `length` values of `pixels`. */
export function applyJitter(pixels: Uint8ClampedArray, length: number, channels: number, jitter: Jitter): void {
  inKernels(pixels, length, (address) => {
    for (const operation of jitter.order) {
      if (operation === 'brightness') kernels.blendWithGray(address, length, 0, jitter.brightness);
      else if (operation === 'contrast') {
        kernels.blendWithGray(address, length, meanGray(address, length, channels), jitter.contrast);
      } else if (operation === 'saturation') kernels.saturate(address, length, jitter.saturation);
      // Truncated to a 255th of a turn, as torchvision's is.
      else kernels.shiftHue(address, length, Math.trunc(jitter.hue * 255));
    }
  });
}

/** Replaces RGB by its ITU-R 601 luma in all three channels. */
export function toGray(pixels: Uint8ClampedArray, length: number): void {
  inKernels(pixels, length, (address) => kernels.toGray(address, length));
}

/** Inverts every value of 128 and above. */
export function solarize(pixels: Uint8ClampedArray, length: number): void {
  inKernels(pixels, length, (address) => kernels.solarize(address, length));
}

function inKernels(pixels: Uint8ClampedArray, length: number, work: (address: number) => void): void {
  const [address] = layOut(length);
  const area = bytesAt(address, length);
  area.set(pixels.subarray(0, length));
  work(address);
  pixels.set(area);
}

/** ITU-R 601 luma in Pillow's 16-bit fixed point, 0 to 255. */
export function luma(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

function meanGray(address: number, length: number, channels: number): number {
  const sum =
    channels === 3
      ? kernels.sumOfLuma(address, length)
      : bytesAt(address, length).reduce((total, level) => total + level, 0);
  return Math.trunc(sum / (length / channels) + 0.5);
}
