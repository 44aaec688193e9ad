/**
 * ToTensor and Normalize in float32: one channel of interleaved pixels as a plane of (value / 255 - mean) / std.
 * @param pixels the channel's first byte
 * @param into receives `area` floats, and up to 3 behind
 */
export function normalizeChannel(pixels: usize, channels: i32, area: i32, mean: f32, std: f32, into: usize): void {
  const places =
    channels === 3
      ? i8x16(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1)
      : i8x16(0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, 3, -1, -1, -1);
  for (let at = 0; at < area; at += 4) {
    const levels = f32x4.convert_i32x4_s(i8x16.swizzle(v128.load(pixels + at * channels), places));
    const shares = f32x4.div(levels, f32x4.splat(255));
    v128.store(into + (at << 2), f32x4.div(f32x4.sub(shares, f32x4.splat(mean)), f32x4.splat(std)));
  }
}
