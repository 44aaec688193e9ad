/** Principal components: the product of a square matrix and a narrow one, in float64, two numbers at a time. */

/**
 * out = square · narrow
 * @param square f64, [dim, dim]; @param dim even
 * @param narrow f64, [dim, width], as is `out`; @param width a multiple of 4
 */
export function multiplyNarrow(square: usize, dim: i32, narrow: usize, width: i32, out: usize): void {
  const stride = (<usize>dim) << 3;
  const step = (<usize>width) << 3;
  for (let row = 0; row < dim; row += 2) {
    const row0 = square + <usize>row * stride;
    const row1 = row0 + stride;
    for (let column: usize = 0; column < step; column += 32) {
      let sum00 = f64x2.splat(0);
      let sum01 = f64x2.splat(0);
      let sum10 = f64x2.splat(0);
      let sum11 = f64x2.splat(0);
      let factors = narrow + column;
      for (let at: usize = 0; at < stride; at += 8) {
        const left = v128.load(factors);
        const right = v128.load(factors, 16);
        const value0 = v128.load64_splat(row0 + at);
        const value1 = v128.load64_splat(row1 + at);
        sum00 = f64x2.add(sum00, f64x2.mul(value0, left));
        sum01 = f64x2.add(sum01, f64x2.mul(value0, right));
        sum10 = f64x2.add(sum10, f64x2.mul(value1, left));
        sum11 = f64x2.add(sum11, f64x2.mul(value1, right));
        factors += step;
      }
      const place = out + <usize>row * step + column;
      v128.store(place, sum00);
      v128.store(place, sum01, 16);
      v128.store(place + step, sum10);
      v128.store(place + step, sum11, 16);
    }
  }
}
