/** Pillow's extended box blur (BoxBlur.c) on 128-bit vectors: `reach` whole pixels on each side, then one that counts in part. */

const PASSES: i32 = 3;
const WEIGHT_BITS: i32 = 24;
const HALF: i32 = 1 << (WEIGHT_BITS - 1);

/**
 * Blurs [height, width, channels] bytes in place. The weights are 24-bit fixed point.
 * @param one, other each as long as the image, with a margin of `reach + 1` rows before and behind
 */
export function blur(
  pixels: usize,
  width: i32,
  height: i32,
  channels: i32,
  reach: i32,
  inner: i32,
  end: i32,
  one: usize,
  other: usize,
): void {
  const stride = width * channels;
  for (let y = 0; y < height; y++) {
    const row = pixels + y * stride;
    memory.copy(one, row, stride);
    blurLine(one, other, stride, channels, reach, inner, end);
    memory.copy(row, other, stride);
  }
  // All columns at once: a line of rows.
  memory.copy(one, pixels, stride * height);
  blurLine(one, other, stride * height, stride, reach, inner, end);
  memory.copy(pixels, other, stride * height);
}

/** All passes along a line whose neighbors lie `step` bytes apart, from `one` to `other`; both are written. */
function blurLine(one: usize, other: usize, length: i32, step: i32, reach: i32, inner: i32, end: i32): void {
  let source = one;
  let target = other;
  for (let pass = 0; pass < PASSES; pass++) {
    repeatEdges(source, length, step, (reach + 1) * step);
    blurOnce(source, target, length, step, reach, inner, end);
    const written = target;
    target = source;
    source = written;
  }
}

function repeatEdges(line: usize, length: i32, step: i32, margin: i32): void {
  for (let at = line - 1; at >= line - margin; at--) store<u8>(at, load<u8>(at + step));
  for (let at = line + length; at < line + length + margin; at++) store<u8>(at, load<u8>(at - step));
}

/** Writes up to 15 bytes behind the line. */
function blurOnce(source: usize, target: usize, length: i32, step: i32, reach: i32, inner: i32, end: i32): void {
  for (let at = 0; at < length; at += 16) {
    const center = source + at;
    let sumLow = i16x8.splat(0);
    let sumHigh = i16x8.splat(0);
    for (let offset = -reach * step; offset <= reach * step; offset += step) {
      const pixels = v128.load(center + offset);
      sumLow = i16x8.add(sumLow, i16x8.extend_low_i8x16_u(pixels));
      sumHigh = i16x8.add(sumHigh, i16x8.extend_high_i8x16_u(pixels));
    }
    const before = v128.load(center - (reach + 1) * step);
    const behind = v128.load(center + (reach + 1) * step);
    const endsLow = i16x8.add(i16x8.extend_low_i8x16_u(before), i16x8.extend_low_i8x16_u(behind));
    const endsHigh = i16x8.add(i16x8.extend_high_i8x16_u(before), i16x8.extend_high_i8x16_u(behind));
    const levels0 = weighed(i32x4.extend_low_i16x8_u(sumLow), i32x4.extend_low_i16x8_u(endsLow), inner, end);
    const levels1 = weighed(i32x4.extend_high_i16x8_u(sumLow), i32x4.extend_high_i16x8_u(endsLow), inner, end);
    const levels2 = weighed(i32x4.extend_low_i16x8_u(sumHigh), i32x4.extend_low_i16x8_u(endsHigh), inner, end);
    const levels3 = weighed(i32x4.extend_high_i16x8_u(sumHigh), i32x4.extend_high_i16x8_u(endsHigh), inner, end);
    v128.store(
      target + at,
      i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(levels0, levels1), i16x8.narrow_i32x4_s(levels2, levels3)),
    );
  }
}

function weighed(sum: v128, ends: v128, inner: i32, end: i32): v128 {
  const inside = i32x4.mul(sum, i32x4.splat(inner));
  const outside = i32x4.mul(ends, i32x4.splat(end));
  return i32x4.shr_u(i32x4.add(i32x4.add(inside, outside), i32x4.splat(HALF)), WEIGHT_BITS);
}
