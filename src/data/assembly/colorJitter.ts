/**
 * Pillow's blend and its way through HSV (Blend.c, Convert.c) on 128-bit vectors. Wherever Pillow computes in float32 or float64, so does
 * this, operation by operation: results are the same to the bit. All work in place, and on up to 15 bytes behind `length`.
 */

/** Moves every value away from (alpha > 1) or towards one gray level. */
export function blendWithGray(pixels: usize, length: i32, gray: i32, alpha: f32): void {
  const from = i32x4.splat(gray);
  for (let at: usize = 0; at < <usize>length; at += 16) {
    const values = v128.load(pixels + at);
    const low = i16x8.extend_low_i8x16_u(values);
    const high = i16x8.extend_high_i8x16_u(values);
    const levels0 = blend(from, i32x4.extend_low_i16x8_u(low), alpha);
    const levels1 = blend(from, i32x4.extend_high_i16x8_u(low), alpha);
    const levels2 = blend(from, i32x4.extend_low_i16x8_u(high), alpha);
    const levels3 = blend(from, i32x4.extend_high_i16x8_u(high), alpha);
    v128.store(
      pixels + at,
      i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(levels0, levels1), i16x8.narrow_i32x4_s(levels2, levels3)),
    );
  }
}

/** Sum of the luma of all RGB pixels. */
export function sumOfLuma(pixels: usize, length: i32): f64 {
  // What lies behind must not count: black has no luma.
  v128.store(pixels + length, i32x4.splat(0));
  let sum = i64x2.splat(0);
  for (let at: usize = 0; at < <usize>length; at += 12) {
    const values = v128.load(pixels + at);
    const gray = luma(red(values), green(values), blue(values));
    sum = i64x2.add(sum, i64x2.add(i64x2.extend_low_i32x4_u(gray), i64x2.extend_high_i32x4_u(gray)));
  }
  return <f64>(i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1));
}

/** Moves RGB pixels away from (alpha > 1) or towards their own luma. */
export function saturate(pixels: usize, length: i32, alpha: f32): void {
  for (let at: usize = 0; at < <usize>length; at += 12) {
    const values = v128.load(pixels + at);
    const gray = luma(red(values), green(values), blue(values));
    storeRgb(
      pixels + at,
      clamp(blend(gray, red(values), alpha)),
      clamp(blend(gray, green(values), alpha)),
      clamp(blend(gray, blue(values), alpha)),
    );
  }
}

/** Turns the hue of RGB pixels by so many 255ths of a turn, through 8-bit HSV. */
export function shiftHue(pixels: usize, length: i32, shift: i32): void {
  for (let at: usize = 0; at < <usize>length; at += 12) {
    const values = v128.load(pixels + at);
    const r = red(values);
    const g = green(values);
    const b = blue(values);
    const value = i32x4.max_s(r, i32x4.max_s(g, b));
    const range = i32x4.sub(value, i32x4.min_s(r, i32x4.min_s(g, b)));
    const saturation = in255ths(f32x4.div(f32x4.convert_i32x4_s(range), f32x4.convert_i32x4_s(value)));
    const hue = v128.and(i32x4.add(hueOf(r, g, b, value, range), i32x4.splat(shift)), i32x4.splat(255));

    // Which sixth of the color circle the hue lies in, and how far into it.
    const position = i32x4.mul(hue, i32x4.splat(6));
    const sixth = i32x4.shr_u(i32x4.add(i32x4.mul(position, i32x4.splat(257)), i32x4.splat(256)), 16);
    const rest = i32x4.sub(position, i32x4.mul(sixth, i32x4.splat(255)));
    const fraction = f32x4.div(f32x4.convert_i32x4_s(rest), f32x4.splat(255));
    const isFalling = i32x4.eq(v128.and(sixth, i32x4.splat(1)), i32x4.splat(1));

    const share = f32x4.div(f32x4.convert_i32x4_s(saturation), f32x4.splat(255));
    const low = lessened(value, share, f32x4.splat(1), i32x4.splat(-1));
    const moving = lessened(value, share, fraction, isFalling);

    // The last 255th of the circle is the first again: sextant 6 is sextant 0.
    const is0 = v128.or(i32x4.eq(sixth, i32x4.splat(0)), i32x4.eq(sixth, i32x4.splat(6)));
    const is1 = i32x4.eq(sixth, i32x4.splat(1));
    const is2 = i32x4.eq(sixth, i32x4.splat(2));
    const is3 = i32x4.eq(sixth, i32x4.splat(3));
    const is4 = i32x4.eq(sixth, i32x4.splat(4));
    const is5 = i32x4.eq(sixth, i32x4.splat(5));
    // Pillow's 8-bit saturation may round to none: the pixel comes back gray.
    const isGray = i32x4.eq(saturation, i32x4.splat(0));
    storeRgb(
      pixels + at,
      chosen(value, v128.or(isGray, v128.or(is0, is5)), moving, v128.or(is1, is4), low),
      chosen(value, v128.or(isGray, v128.or(is1, is2)), moving, v128.or(is0, is3), low),
      chosen(value, v128.or(isGray, v128.or(is3, is4)), moving, v128.or(is2, is5), low),
    );
  }
}

/** Hue in 255ths of a turn. Where the pixel is gray it means nothing. */
function hueOf(r: v128, g: v128, b: v128, value: v128, range: v128): v128 {
  const divisor = f32x4.convert_i32x4_s(range);
  const toRed = f32x4.div(f32x4.convert_i32x4_s(i32x4.sub(value, r)), divisor);
  const toGreen = f32x4.div(f32x4.convert_i32x4_s(i32x4.sub(value, g)), divisor);
  const toBlue = f32x4.div(f32x4.convert_i32x4_s(i32x4.sub(value, b)), divisor);
  const isRed = i32x4.eq(r, value);
  const isGreen = i32x4.eq(g, value);
  const base = chosen(f32x4.splat(0), isRed, f32x4.splat(2), isGreen, f32x4.splat(4));
  const plus = chosen(toBlue, isRed, toRed, isGreen, toGreen);
  const minus = chosen(toGreen, isRed, toBlue, isGreen, toRed);
  const turns = joined(turnsOf(base, plus, minus), turnsOf(upperHalf(base), upperHalf(plus), upperHalf(minus)));
  return in255ths(turns);
}

/** For the lower two lanes: (base + plus - minus) sixths of a turn, as turns from 0 to 1. */
function turnsOf(base: v128, plus: v128, minus: v128): v128 {
  const sum = f64x2.add(f64x2.promote_low_f32x4(base), f64x2.promote_low_f32x4(plus));
  const sixths = f32x4.demote_f64x2_zero(f64x2.sub(sum, f64x2.promote_low_f32x4(minus)));
  const one = f64x2.splat(1);
  const turns = f64x2.add(f64x2.div(f64x2.promote_low_f32x4(sixths), f64x2.splat(6)), one);
  const isWhole = f64x2.ge(turns, one);
  return f32x4.demote_f64x2_zero(v128.bitselect(f64x2.sub(turns, one), turns, isWhole));
}

/** Whole 255ths of shares from 0 to 1; 0 of what is no number. */
function in255ths(shares: v128): v128 {
  const scale = f64x2.splat(255);
  return joined(
    i32x4.trunc_sat_f64x2_s_zero(f64x2.mul(f64x2.promote_low_f32x4(shares), scale)),
    i32x4.trunc_sat_f64x2_s_zero(f64x2.mul(f64x2.promote_low_f32x4(upperHalf(shares)), scale)),
  );
}

/** value * (1 - share * fraction), rounded; where `isDirect` is not set, with 1 - fraction. */
function lessened(value: v128, share: v128, fraction: v128, isDirect: v128): v128 {
  return joined(
    lessenedPair(f64x2.convert_low_i32x4_s(value), share, fraction, i64x2.extend_low_i32x4_s(isDirect)),
    lessenedPair(
      f64x2.convert_low_i32x4_s(upperHalf(value)),
      upperHalf(share),
      upperHalf(fraction),
      i64x2.extend_high_i32x4_s(isDirect),
    ),
  );
}

function lessenedPair(value: v128, share: v128, fraction: v128, isDirect: v128): v128 {
  const one = f64x2.splat(1);
  const direct = f64x2.promote_low_f32x4(fraction);
  const factor = v128.bitselect(direct, f64x2.sub(one, direct), isDirect);
  const rest = f64x2.sub(one, f64x2.mul(f64x2.promote_low_f32x4(share), factor));
  return i32x4.trunc_sat_f64x2_s_zero(f64x2.add(f64x2.mul(value, rest), f64x2.splat(0.5)));
}

/** Not clamped. */
function blend(from: v128, to: v128, alpha: f32): v128 {
  const step = f32x4.mul(f32x4.splat(alpha), f32x4.convert_i32x4_s(i32x4.sub(to, from)));
  return i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.convert_i32x4_s(from), step));
}

function clamp(levels: v128): v128 {
  return i32x4.min_s(i32x4.max_s(levels, i32x4.splat(0)), i32x4.splat(255));
}

/** ITU-R 601 luma in Pillow's 16-bit fixed point. */
function luma(r: v128, g: v128, b: v128): v128 {
  const reds = i32x4.mul(r, i32x4.splat(19595));
  const greens = i32x4.mul(g, i32x4.splat(38470));
  const blues = i32x4.mul(b, i32x4.splat(7471));
  return i32x4.shr_u(i32x4.add(i32x4.add(reds, greens), i32x4.add(blues, i32x4.splat(0x8000))), 16);
}

function chosen(first: v128, isFirst: v128, second: v128, isSecond: v128, third: v128): v128 {
  return v128.bitselect(first, v128.bitselect(second, third, isSecond), isFirst);
}

/** The lower two lanes of each. */
function joined(low: v128, high: v128): v128 {
  return i32x4.shuffle(low, high, 0, 1, 4, 5);
}

function upperHalf(lanes: v128): v128 {
  return i32x4.shuffle(lanes, lanes, 2, 3, 2, 3);
}

// Channels of the four RGB pixels that a vector starts with, as 32-bit numbers.

function red(pixels: v128): v128 {
  return i8x16.swizzle(pixels, i8x16(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1));
}

function green(pixels: v128): v128 {
  return i8x16.swizzle(pixels, i8x16(1, -1, -1, -1, 4, -1, -1, -1, 7, -1, -1, -1, 10, -1, -1, -1));
}

function blue(pixels: v128): v128 {
  return i8x16.swizzle(pixels, i8x16(2, -1, -1, -1, 5, -1, -1, -1, 8, -1, -1, -1, 11, -1, -1, -1));
}

/** Stores four pixels, 12 bytes. */
function storeRgb(at: usize, r: v128, g: v128, b: v128): void {
  const packed = v128.or(r, v128.or(i32x4.shl(g, 8), i32x4.shl(b, 16)));
  const bytes = i8x16.swizzle(packed, i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
  v128.store64_lane(at, bytes, 0);
  v128.store32_lane(at + 8, bytes, 2);
}
