/**
 * Pillow's `ImageFilter.GaussianBlur`, which the original blurs with: three passes of an extended box blur in each direction (Gwosdek et
 * al., "Theoretical foundations of Gaussian convolution by extended box filtering", 2011), each rounded to 8 bits. It differs from a true
 * Gaussian by a few gray levels at these small radii, so it is done as Pillow does (BoxBlur.c), to the bit.
 */

const PASSES = 3;

/** One line before and after a pass, with the edge pixels repeated on both sides. Reused by all calls of a thread. */
let before = new Uint8Array(0);
let after = new Uint8Array(0);

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
  const box = boxOf(radius);
  const stride = width * channels;
  for (let y = 0; y < height; y++) {
    for (let channel = 0; channel < channels; channel++) blurLine(pixels, y * stride + channel, channels, width, box);
  }
  for (let column = 0; column < stride; column++) blurLine(pixels, column, stride, height, box);
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

/** All passes over one line of `count` values that lie `step` apart from `start` on. */
function blurLine(pixels: Uint8ClampedArray, start: number, step: number, count: number, box: SoftBox): void {
  const { reach, inner, end } = box;
  const margin = reach + 1;
  const span = 2 * reach + 1;
  if (before.length < count + 2 * margin) {
    before = new Uint8Array(count + 2 * margin);
    after = new Uint8Array(count + 2 * margin);
  }
  let source = before;
  let target = after;
  for (let x = 0, at = start; x < count; x++, at += step) source[margin + x] = pixels[at] as number;
  for (let pass = 0; pass < PASSES; pass++) {
    for (let at = 0; at < margin; at++) {
      source[at] = source[margin] as number;
      source[margin + count + at] = source[margin + count - 1] as number;
    }
    let sum = 0;
    for (let at = 0; at < span; at++) sum += source[at] as number;
    for (let x = 0; x < count; x++) {
      const leaving = source[x] as number;
      sum += (source[x + span] as number) - leaving;
      const ends = leaving + (source[x + span + 1] as number);
      target[margin + x] = (Math.imul(sum, inner) + Math.imul(ends, end) + (1 << 23)) >>> 24;
    }
    [source, target] = [target, source];
  }
  for (let x = 0, at = start; x < count; x++, at += step) pixels[at] = source[margin + x] as number;
}
