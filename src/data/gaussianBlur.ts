/**
 * Pillow's `ImageFilter.GaussianBlur`, which the original blurs with: three passes of an extended box blur in each direction (Gwosdek et
 * al., "Theoretical foundations of Gaussian convolution by extended box filtering", 2011), each rounded to 8 bits. It differs from a true
 * Gaussian by a few gray levels at these small radii, so it is done as Pillow does (BoxBlur.c), to the bit.
 */
import { bytesAt, kernels, layOut } from './pixelKernels.js';

const PASSES = 3;

/**
 * Blurs in place.
 * @param pixels [height, width, channels]
 * @param radius standard deviation in pixels, above 0
 */
export function gaussianBlur(
  pixels: Uint8ClampedArray,
  width: number,
  height: number,
  channels: number,
  radius: number,
): void {
  const { reach, inner, end } = boxOf(radius);
  const length = width * height * channels;
  const margin = (reach + 1) * width * channels;
  const [address, one, other] = layOut(length, length + 2 * margin, length + 2 * margin);
  const area = bytesAt(address, length);
  area.set(pixels.subarray(0, length));
  kernels.blur(address, width, height, channels, reach, inner, end, one + margin, other + margin);
  pixels.set(area);
}

/** A box with soft ends: `reach` whole pixels on each side, then one that counts in part. Weights are 24-bit fixed point. */
interface SoftBox {
  readonly reach: number;
  readonly inner: number;
  readonly end: number;
}

function boxOf(radius: number): SoftBox {
  const fround = Math.fround;
  const variance = fround(fround(fround(radius) * fround(radius)) / PASSES);
  const length = fround(Math.sqrt(12 * variance + 1));
  const whole = Math.floor((length - 1) / 2);
  const numerator = fround(fround(2 * whole + 1) * fround(fround(whole * (whole + 1)) - fround(3 * variance)));
  const denominator = fround(6 * fround(variance - fround((whole + 1) * (whole + 1))));
  const boxRadius = fround(whole + fround(numerator / denominator));
  const reach = Math.trunc(boxRadius);
  const inner = Math.trunc(fround((1 << 24) / fround(fround(boxRadius * 2) + 1)));
  const end = Math.trunc(((1 << 24) - (reach * 2 + 1) * inner) / 2);
  return { reach, inner, end };
}
