/**
 * The two passes of Pillow's `Image.resize` (Resample.c) on 128-bit vectors. Each 22-bit weight comes as its upper and its lower 11 bits,
 * because then the dot product of 16-bit numbers does two taps at once. The sums are the same to the bit: 32-bit sums wrap either way.
 *
 * The weights of an output position are `taps` 16-bit numbers, those past its count 0. Vectors read past the last tap, but never past the
 * margin that the caller keeps behind its inputs, and what they read there weighs 0.
 */

const LOWER_BITS: i32 = 11;
const PRECISION_BITS: i32 = 22;
const HALF: i32 = 1 << (PRECISION_BITS - 1);

/**
 * @param source [rows, sourceWidth, 3]
 * @param starts first input column of each output column
 * @param counts taps of each output column
 * @param into receives [rows, width, 3]
 */
export function resizeRowsOfRgb(
  source: usize,
  sourceWidth: i32,
  rows: i32,
  starts: usize,
  counts: usize,
  taps: i32,
  upper: usize,
  lower: usize,
  into: usize,
  width: i32,
): void {
  // Two pixels as pairs of 16-bit numbers: both reds, both greens, both blues.
  const pairing = i8x16(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1);
  const inStride = sourceWidth * 3;
  const outStride = width * 3;
  for (let y = 0; y < rows; y += 4) {
    // Four rows share the weights; where there are fewer, the last one is done several times.
    const last = rows - 1 - y;
    const row1 = min(1, last);
    const row2 = min(2, last);
    const row3 = min(3, last);
    for (let x = 0; x < width; x++) {
      let from = source + y * inStride + load<i32>(starts + (x << 2)) * 3;
      let weight = x * taps * 2;
      const end = weight + load<i32>(counts + (x << 2)) * 2;
      let upper0 = i32x4.splat(0);
      let upper1 = i32x4.splat(0);
      let upper2 = i32x4.splat(0);
      let upper3 = i32x4.splat(0);
      let lower0 = i32x4.splat(0);
      let lower1 = i32x4.splat(0);
      let lower2 = i32x4.splat(0);
      let lower3 = i32x4.splat(0);
      for (; weight < end; weight += 4, from += 6) {
        const upperWeights = v128.load32_splat(upper + weight);
        const lowerWeights = v128.load32_splat(lower + weight);
        const pixels0 = i8x16.swizzle(v128.load64_zero(from), pairing);
        const pixels1 = i8x16.swizzle(v128.load64_zero(from + row1 * inStride), pairing);
        const pixels2 = i8x16.swizzle(v128.load64_zero(from + row2 * inStride), pairing);
        const pixels3 = i8x16.swizzle(v128.load64_zero(from + row3 * inStride), pairing);
        upper0 = i32x4.add(upper0, i32x4.dot_i16x8_s(pixels0, upperWeights));
        upper1 = i32x4.add(upper1, i32x4.dot_i16x8_s(pixels1, upperWeights));
        upper2 = i32x4.add(upper2, i32x4.dot_i16x8_s(pixels2, upperWeights));
        upper3 = i32x4.add(upper3, i32x4.dot_i16x8_s(pixels3, upperWeights));
        lower0 = i32x4.add(lower0, i32x4.dot_i16x8_s(pixels0, lowerWeights));
        lower1 = i32x4.add(lower1, i32x4.dot_i16x8_s(pixels1, lowerWeights));
        lower2 = i32x4.add(lower2, i32x4.dot_i16x8_s(pixels2, lowerWeights));
        lower3 = i32x4.add(lower3, i32x4.dot_i16x8_s(pixels3, lowerWeights));
      }
      const bytes = toBytes(upper0, lower0, upper1, lower1, upper2, lower2, upper3, lower3);
      const to = into + y * outStride + x * 3;
      if (x < width - 1) {
        // The fourth byte of each is the next pixel's first, which is written after it.
        v128.store32_lane(to, bytes, 0);
        v128.store32_lane(to + row1 * outStride, bytes, 1);
        v128.store32_lane(to + row2 * outStride, bytes, 2);
        v128.store32_lane(to + row3 * outStride, bytes, 3);
      } else {
        v128.store16_lane(to, bytes, 0);
        v128.store8_lane(to + 2, bytes, 2);
        v128.store16_lane(to + row1 * outStride, bytes, 2);
        v128.store8_lane(to + row1 * outStride + 2, bytes, 6);
        v128.store16_lane(to + row2 * outStride, bytes, 4);
        v128.store8_lane(to + row2 * outStride + 2, bytes, 10);
        v128.store16_lane(to + row3 * outStride, bytes, 6);
        v128.store8_lane(to + row3 * outStride + 2, bytes, 14);
      }
    }
  }
}

/** The same for [rows, sourceWidth] to [rows, width]; `taps` is a multiple of 8. */
export function resizeRowsOfGray(
  source: usize,
  sourceWidth: i32,
  rows: i32,
  starts: usize,
  counts: usize,
  taps: i32,
  upper: usize,
  lower: usize,
  into: usize,
  width: i32,
): void {
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < width; x++) {
      let from = source + y * sourceWidth + load<i32>(starts + (x << 2));
      let weight = x * taps * 2;
      const end = weight + load<i32>(counts + (x << 2)) * 2;
      let upperSum = i32x4.splat(0);
      let lowerSum = i32x4.splat(0);
      for (; weight < end; weight += 16, from += 8) {
        const pixels = v128.load8x8_u(from);
        upperSum = i32x4.add(upperSum, i32x4.dot_i16x8_s(pixels, v128.load(upper + weight)));
        lowerSum = i32x4.add(lowerSum, i32x4.dot_i16x8_s(pixels, v128.load(lower + weight)));
      }
      const sum = (total(upperSum) << LOWER_BITS) + total(lowerSum) + HALF;
      store<u8>(into + y * width + x, <u8>min(max(sum >> PRECISION_BITS, 0), 255));
    }
  }
}

/**
 * @param source rows of `stride` bytes, and one more whose contents do not matter
 * @param starts first input row of each output row
 * @param into receives [rows, stride], and up to 15 bytes behind
 */
export function resizeColumns(
  source: usize,
  stride: i32,
  starts: usize,
  counts: usize,
  taps: i32,
  upper: usize,
  lower: usize,
  into: usize,
  rows: i32,
): void {
  for (let y = 0; y < rows; y++) {
    const firstInput = source + load<i32>(starts + (y << 2)) * stride;
    const firstWeight = y * taps * 2;
    const end = firstWeight + load<i32>(counts + (y << 2)) * 2;
    for (let column = 0; column < stride; column += 16) {
      let from = firstInput + column;
      let upper0 = i32x4.splat(0);
      let upper1 = i32x4.splat(0);
      let upper2 = i32x4.splat(0);
      let upper3 = i32x4.splat(0);
      let lower0 = i32x4.splat(0);
      let lower1 = i32x4.splat(0);
      let lower2 = i32x4.splat(0);
      let lower3 = i32x4.splat(0);
      for (let weight = firstWeight; weight < end; weight += 4, from += 2 * stride) {
        const upperWeights = v128.load32_splat(upper + weight);
        const lowerWeights = v128.load32_splat(lower + weight);
        const row = v128.load(from);
        const next = v128.load(from + stride);
        // Each byte beside the one below it.
        const left = i8x16.shuffle(row, next, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        const right = i8x16.shuffle(row, next, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        const pairs0 = i16x8.extend_low_i8x16_u(left);
        const pairs1 = i16x8.extend_high_i8x16_u(left);
        const pairs2 = i16x8.extend_low_i8x16_u(right);
        const pairs3 = i16x8.extend_high_i8x16_u(right);
        upper0 = i32x4.add(upper0, i32x4.dot_i16x8_s(pairs0, upperWeights));
        upper1 = i32x4.add(upper1, i32x4.dot_i16x8_s(pairs1, upperWeights));
        upper2 = i32x4.add(upper2, i32x4.dot_i16x8_s(pairs2, upperWeights));
        upper3 = i32x4.add(upper3, i32x4.dot_i16x8_s(pairs3, upperWeights));
        lower0 = i32x4.add(lower0, i32x4.dot_i16x8_s(pairs0, lowerWeights));
        lower1 = i32x4.add(lower1, i32x4.dot_i16x8_s(pairs1, lowerWeights));
        lower2 = i32x4.add(lower2, i32x4.dot_i16x8_s(pairs2, lowerWeights));
        lower3 = i32x4.add(lower3, i32x4.dot_i16x8_s(pairs3, lowerWeights));
      }
      v128.store(into + y * stride + column, toBytes(upper0, lower0, upper1, lower1, upper2, lower2, upper3, lower3));
    }
  }
}

/** Four vectors of weighted sums as gray levels, clamped to 0 to 255. */
function toBytes(
  upper0: v128,
  lower0: v128,
  upper1: v128,
  lower1: v128,
  upper2: v128,
  lower2: v128,
  upper3: v128,
  lower3: v128,
): v128 {
  return i8x16.narrow_i16x8_u(
    i16x8.narrow_i32x4_s(rounded(upper0, lower0), rounded(upper1, lower1)),
    i16x8.narrow_i32x4_s(rounded(upper2, lower2), rounded(upper3, lower3)),
  );
}

/** The weighted sums in whole gray levels, which may lie outside 0 to 255. */
function rounded(upperSum: v128, lowerSum: v128): v128 {
  const sum = i32x4.add(i32x4.add(i32x4.shl(upperSum, LOWER_BITS), lowerSum), i32x4.splat(HALF));
  return i32x4.shr_s(sum, PRECISION_BITS);
}

function total(sums: v128): i32 {
  return (
    i32x4.extract_lane(sums, 0) +
    i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3)
  );
}
