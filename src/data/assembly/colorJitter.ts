/**
 * Pillow's blend, its luma, and its way through HSV (Blend.c, Convert.c) on 128-bit vectors. Results are Pillow's to the bit, though not
 * always by Pillow's operations. All work in place, and on up to 15 bytes behind `length`.
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
    const gray = luma(v128.load(pixels + at));
    sum = i64x2.add(sum, i64x2.add(i64x2.extend_low_i32x4_u(gray), i64x2.extend_high_i32x4_u(gray)));
  }
  return <f64>(i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1));
}

/** Moves RGB pixels away from (alpha > 1) or towards their own luma. */
export function saturate(pixels: usize, length: i32, alpha: f32): void {
  for (let at: usize = 0; at < <usize>length; at += 12) {
    const values = v128.load(pixels + at);
    const gray = f32x4.convert_i32x4_s(luma(values));
    storeRgb(
      pixels + at,
      blended(gray, red(values), alpha),
      blended(gray, green(values), alpha),
      blended(gray, blue(values), alpha),
    );
  }
}

/** Replaces RGB pixels by their luma in all three channels. */
export function toGray(pixels: usize, length: i32): void {
  for (let at: usize = 0; at < <usize>length; at += 12) {
    const gray = luma(v128.load(pixels + at));
    storeRgb(pixels + at, gray, gray, gray);
  }
}

/** Inverts every value of 128 and above, which as a signed byte is negative. */
export function solarize(pixels: usize, length: i32): void {
  for (let at: usize = 0; at < <usize>length; at += 16) {
    const values = v128.load(pixels + at);
    v128.store(pixels + at, v128.xor(values, i8x16.shr_s(values, 7)));
  }
}

/**
 * Turns the hue of RGB pixels by so many 255ths of a turn, through 8-bit HSV. Pillow computes parts of this in float64. Here all is float32,
 * and `hue.test.ts` shows that the bytes are Pillow's: for all hues, and for all values and saturations turned to all hues.
 */
export function shiftHue(pixels: usize, length: i32, shift: i32): void {
  for (let at: usize = 0; at < <usize>length; at += 12) {
    const values = v128.load(pixels + at);
    const r = red(values);
    const g = green(values);
    const b = blue(values);
    const value = f32x4.pmax(r, f32x4.pmax(g, b));
    const range = f32x4.sub(value, f32x4.pmin(r, f32x4.pmin(g, b)));
    const saturation = f32x4.trunc(f32x4.div(f32x4.mul(range, f32x4.splat(255)), atLeastOne(value)));
    const hue = v128.and(i32x4.add(hueOf(r, g, b, value, range), i32x4.splat(shift)), i32x4.splat(255));

    // Places on the color circle, in 255ths of a sixth: red is at 0, green at 510, blue at 1020. A channel keeps the value up to one sixth
    // from its own place. From there to two sixths it loses what saturation takes.
    const position = f32x4.mul(f32x4.convert_i32x4_s(hue), f32x4.splat(6));
    const most = f32x4.mul(value, saturation);
    storeRgb(
      pixels + at,
      lessened(value, most, f32x4.sub(f32x4.splat(510), distance(position, 765))),
      lessened(value, most, f32x4.sub(distance(position, 510), f32x4.splat(255))),
      lessened(value, most, f32x4.sub(distance(position, 1020), f32x4.splat(255))),
    );
  }
}

/** Hue in 255ths of a turn, in the lowest byte. Where the pixel is gray it means nothing. */
function hueOf(r: v128, g: v128, b: v128, value: v128, range: v128): v128 {
  const isRed = f32x4.eq(r, value);
  const isGreen = f32x4.eq(g, value);
  const base = chosen(f32x4.splat(0), isRed, f32x4.splat(2), isGreen, f32x4.splat(4));
  const lean = chosen(f32x4.sub(g, b), isRed, f32x4.sub(b, r), isGreen, f32x4.sub(r, g));
  // base + lean / range in sixths of a turn, rounded as Pillow's is: it takes the quotient of what is missing to a whole sixth.
  const sign = v128.and(lean, f32x4.splat(-0.0));
  const whole = f32x4.add(base, v128.or(f32x4.splat(1), sign));
  const missing = f32x4.div(f32x4.sub(range, f32x4.abs(lean)), atLeastOne(range));
  const sixths = f32x4.sub(whole, v128.or(missing, sign));
  const isNegative = f32x4.lt(sixths, f32x4.splat(0));
  const turns = f32x4.add(f32x4.div(sixths, f32x4.splat(6)), v128.and(isNegative, f32x4.splat(1)));
  return inLowestByte(f32x4.trunc(f32x4.mul(turns, f32x4.splat(255))));
}

/** From a place on the color circle. */
function distance(position: v128, place: f32): v128 {
  return f32x4.abs(f32x4.sub(position, f32x4.splat(place)));
}

/**
 * value - most * loss / 255², rounded to a whole number, in the lowest byte.
 * @param most the value times the saturation in 255ths
 * @param loss in 255ths, before it is clamped to 0 to 255
 */
function lessened(value: v128, most: v128, loss: v128): v128 {
  const lost = f32x4.mul(f32x4.mul(most, clamped(loss)), f32x4.splat(<f32>(1.0 / 65025.0)));
  return f32x4.sub(inLowestByte(value), lost);
}

/** from + alpha * (to - from), truncated and clamped to 0 to 255, in the lowest byte. */
function blended(from: v128, to: v128, alpha: f32): v128 {
  const levels = f32x4.add(from, f32x4.mul(f32x4.splat(alpha), f32x4.sub(to, from)));
  return inLowestByte(f32x4.trunc(clamped(levels)));
}

function clamped(levels: v128): v128 {
  return f32x4.pmin(f32x4.pmax(levels, f32x4.splat(0)), f32x4.splat(255));
}

/** For divisors that are whole and not negative, where what is divided by 0 is 0, too. */
function atLeastOne(divisor: v128): v128 {
  return f32x4.pmax(divisor, f32x4.splat(1));
}

/** Whole numbers from 0 to 255 as the lowest byte of float32 lanes: from 2^23 on, a float32's last bit counts 1. */
function inLowestByte(levels: v128): v128 {
  return f32x4.add(levels, f32x4.splat(8_388_608));
}

/** Not clamped. */
function blend(from: v128, to: v128, alpha: f32): v128 {
  const step = f32x4.mul(f32x4.splat(alpha), f32x4.convert_i32x4_s(i32x4.sub(to, from)));
  return i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.convert_i32x4_s(from), step));
}

/** ITU-R 601 luma of the four RGB pixels that a vector starts with, in Pillow's 16-bit fixed point. Green's weight, 38470, comes in halves. */
function luma(pixels: v128): v128 {
  const redsAndGreens = i8x16.swizzle(pixels, i8x16(0, -1, 1, -1, 3, -1, 4, -1, 6, -1, 7, -1, 9, -1, 10, -1));
  const greensAndBlues = i8x16.swizzle(pixels, i8x16(1, -1, 2, -1, 4, -1, 5, -1, 7, -1, 8, -1, 10, -1, 11, -1));
  const sum = i32x4.add(
    i32x4.dot_i16x8_s(redsAndGreens, i16x8(19595, 19235, 19595, 19235, 19595, 19235, 19595, 19235)),
    i32x4.dot_i16x8_s(greensAndBlues, i16x8(19235, 7471, 19235, 7471, 19235, 7471, 19235, 7471)),
  );
  return i32x4.shr_u(i32x4.add(sum, i32x4.splat(0x8000)), 16);
}

function chosen(first: v128, isFirst: v128, second: v128, isSecond: v128, third: v128): v128 {
  return v128.bitselect(first, v128.bitselect(second, third, isSecond), isFirst);
}

// Channels of the four RGB pixels that a vector starts with, as float32.

function red(pixels: v128): v128 {
  return f32x4.convert_i32x4_s(
    i8x16.swizzle(pixels, i8x16(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1)),
  );
}

function green(pixels: v128): v128 {
  return f32x4.convert_i32x4_s(
    i8x16.swizzle(pixels, i8x16(1, -1, -1, -1, 4, -1, -1, -1, 7, -1, -1, -1, 10, -1, -1, -1)),
  );
}

function blue(pixels: v128): v128 {
  return f32x4.convert_i32x4_s(
    i8x16.swizzle(pixels, i8x16(2, -1, -1, -1, 5, -1, -1, -1, 8, -1, -1, -1, 11, -1, -1, -1)),
  );
}

/** Stores four pixels, 12 bytes, whose channels are lowest bytes of lanes. */
function storeRgb(at: usize, r: v128, g: v128, b: v128): void {
  // Above the lowest bytes of green and blue nothing is left after the shift, and red's highest byte is not stored.
  const packed = v128.or(r, v128.or(i32x4.shl(g, 8), i32x4.shl(b, 16)));
  const bytes = i8x16.swizzle(packed, i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
  v128.store64_lane(at, bytes, 0);
  v128.store32_lane(at + 8, bytes, 2);
}
