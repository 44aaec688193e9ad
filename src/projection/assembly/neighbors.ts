/** Exact nearest neighbors: dot products of a block of rows with all rows, four numbers at a time, and the best of each. */

/**
 * out[q, r] = <queries[q], rows[r]>. Rows are `dim` numbers, a multiple of 4.
 * @param rowCount even; @param queryCount a multiple of 4
 */
export function multiplyRows(queries: usize, queryCount: i32, rows: usize, rowCount: i32, dim: i32, out: usize): void {
  const stride = (<usize>dim) << 2;
  for (let r = 0; r < rowCount; r += 2) {
    const row0 = rows + <usize>r * stride;
    const row1 = row0 + stride;
    for (let q = 0; q < queryCount; q += 4) {
      const query0 = queries + <usize>q * stride;
      const query1 = query0 + stride;
      const query2 = query1 + stride;
      const query3 = query2 + stride;
      let sum00 = f32x4.splat(0);
      let sum01 = f32x4.splat(0);
      let sum10 = f32x4.splat(0);
      let sum11 = f32x4.splat(0);
      let sum20 = f32x4.splat(0);
      let sum21 = f32x4.splat(0);
      let sum30 = f32x4.splat(0);
      let sum31 = f32x4.splat(0);
      for (let at: usize = 0; at < stride; at += 16) {
        const value0 = v128.load(row0 + at);
        const value1 = v128.load(row1 + at);
        let query = v128.load(query0 + at);
        sum00 = f32x4.add(sum00, f32x4.mul(query, value0));
        sum01 = f32x4.add(sum01, f32x4.mul(query, value1));
        query = v128.load(query1 + at);
        sum10 = f32x4.add(sum10, f32x4.mul(query, value0));
        sum11 = f32x4.add(sum11, f32x4.mul(query, value1));
        query = v128.load(query2 + at);
        sum20 = f32x4.add(sum20, f32x4.mul(query, value0));
        sum21 = f32x4.add(sum21, f32x4.mul(query, value1));
        query = v128.load(query3 + at);
        sum30 = f32x4.add(sum30, f32x4.mul(query, value0));
        sum31 = f32x4.add(sum31, f32x4.mul(query, value1));
      }
      const width = (<usize>rowCount) << 2;
      let place = out + <usize>q * width + ((<usize>r) << 2);
      storePair(place, sum00, sum01);
      place += width;
      storePair(place, sum10, sum11);
      place += width;
      storePair(place, sum20, sum21);
      place += width;
      storePair(place, sum30, sum31);
    }
  }
}

function storePair(place: usize, one: v128, other: v128): void {
  store<f32>(place, total(one));
  store<f32>(place, total(other), 4);
}

function total(sums: v128): f32 {
  return (
    f32x4.extract_lane(sums, 0) +
    f32x4.extract_lane(sums, 1) +
    (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
  );
}

/**
 * Of each query the `k` rows with the smallest |row|² - 2 <query, row>, nearest first, itself left out.
 * @param products [queryCount, rowCount], from multiplyRows
 * @param norms |row|², [rowCount]
 * @param self index of the first query among the rows
 * @param indices i32, [queryCount, k]; @param scratch f32, [k]
 */
export function nearestOfRows(
  products: usize,
  queryCount: i32,
  rowCount: i32,
  paddedRows: i32,
  norms: usize,
  self: i32,
  k: i32,
  indices: usize,
  scratch: usize,
): void {
  for (let q = 0; q < queryCount; q++) {
    const values = products + ((<usize>(q * paddedRows)) << 2);
    const best = indices + ((<usize>(q * k)) << 2);
    let filled = 0;
    let worst = f32.MAX_VALUE;
    for (let r = 0; r < rowCount; r++) {
      const at = (<usize>r) << 2;
      const distance = load<f32>(norms + at) - <f32>2 * load<f32>(values + at);
      if ((filled === k && distance >= worst) || r === self + q) continue;
      let place = filled < k ? filled++ : k - 1;
      while (place > 0 && load<f32>(scratch + ((<usize>(place - 1)) << 2)) > distance) {
        store<f32>(scratch + ((<usize>place) << 2), load<f32>(scratch + ((<usize>(place - 1)) << 2)));
        store<i32>(best + ((<usize>place) << 2), load<i32>(best + ((<usize>(place - 1)) << 2)));
        place--;
      }
      store<f32>(scratch + ((<usize>place) << 2), distance);
      store<i32>(best + ((<usize>place) << 2), r);
      worst = load<f32>(scratch + ((<usize>(k - 1)) << 2));
    }
  }
}
