/**
 * Barnes and Hut's approximation of the repulsion between all points: a far cell of the plane counts as one point in its center of mass.
 * The points are first sorted along a Z-shaped curve, so that each cell is a range of them; the tree is a list in which a cell is followed by
 * its children and knows where the next cell behind them is. Four neighbors on the curve walk through it together, one vector instruction for
 * all four; a cell is opened when it is too near for any of them.
 */

/** Of the curve's keys: so many bits for x, and for y. */
const LEVELS: i32 = 16;
/** A cell with so few points is not divided any more. */
const LEAF_POINTS: i32 = 8;
/** Of a cell: f32 mass, center x, center y, squared width; i32 next cell, first point (-1: it has children), behind the last point, unused. */
const CELL_BYTES: usize = 32;
const RADIX: i32 = 256;

let cellCount: i32 = 0;

/**
 * The order of the points along the curve. Writes x and y in that order to `sortedX` and `sortedY`.
 * @param keys, otherKeys u32 [n]; @param order, otherOrder i32 [n]: `order` has the result; @param counts i32 [256]
 * @returns the side of the square that holds all points
 */
export function sortAlongCurve(
  x: usize,
  y: usize,
  n: i32,
  keys: usize,
  otherKeys: usize,
  order: usize,
  otherOrder: usize,
  counts: usize,
  sortedX: usize,
  sortedY: usize,
): f32 {
  const bytes = (<usize>n) << 2;
  let minX = f32.MAX_VALUE;
  let minY = f32.MAX_VALUE;
  let maxX: f32 = -f32.MAX_VALUE;
  let maxY: f32 = -f32.MAX_VALUE;
  for (let at: usize = 0; at < bytes; at += 4) {
    const px = load<f32>(x + at);
    const py = load<f32>(y + at);
    minX = min(minX, px);
    maxX = max(maxX, px);
    minY = min(minY, py);
    maxY = max(maxY, py);
  }
  const side = max(max(maxX - minX, maxY - minY), <f32>1e-30);
  const scale = <f32>((1 << LEVELS) - 1) / side;
  for (let i = 0; i < n; i++) {
    const at = (<usize>i) << 2;
    const column = <u32>((load<f32>(x + at) - minX) * scale);
    const row = <u32>((load<f32>(y + at) - minY) * scale);
    store<u32>(keys + at, spread(column) | (spread(row) << 1));
    store<i32>(order + at, i);
  }
  let fromKeys = keys;
  let toKeys = otherKeys;
  let fromOrder = order;
  let toOrder = otherOrder;
  for (let shift = 0; shift < 32; shift += 8) {
    memory.fill(counts, 0, RADIX << 2);
    for (let at: usize = 0; at < bytes; at += 4) {
      const bucket = counts + <usize>(((load<u32>(fromKeys + at) >> shift) & 255) << 2);
      store<i32>(bucket, load<i32>(bucket) + 1);
    }
    let before = 0;
    for (let bucket = counts; bucket < counts + <usize>(RADIX << 2); bucket += 4) {
      const count = load<i32>(bucket);
      store<i32>(bucket, before);
      before += count;
    }
    for (let at: usize = 0; at < bytes; at += 4) {
      const key = load<u32>(fromKeys + at);
      const bucket = counts + <usize>(((key >> shift) & 255) << 2);
      const place = load<i32>(bucket);
      store<i32>(bucket, place + 1);
      store<u32>(toKeys + ((<usize>place) << 2), key);
      store<i32>(toOrder + ((<usize>place) << 2), load<i32>(fromOrder + at));
    }
    let swap = fromKeys;
    fromKeys = toKeys;
    toKeys = swap;
    swap = fromOrder;
    fromOrder = toOrder;
    toOrder = swap;
  }
  for (let at: usize = 0; at < bytes; at += 4) {
    const point = (<usize>load<i32>(order + at)) << 2;
    store<f32>(sortedX + at, load<f32>(x + point));
    store<f32>(sortedY + at, load<f32>(y + point));
  }
  return side;
}

/** The bits of a 16-bit number, with a zero before each. */
function spread(value: u32): u32 {
  let bits = value & 0xffff;
  bits = (bits | (bits << 8)) & 0x00ff00ff;
  bits = (bits | (bits << 4)) & 0x0f0f0f0f;
  bits = (bits | (bits << 2)) & 0x33333333;
  return (bits | (bits << 1)) & 0x55555555;
}

/**
 * The sums over all j of q² (y_i - y_j) for each point i, with q = 1 / (1 + |y_i - y_j|²): not yet divided by Z.
 * Call sortAlongCurve first. The sorted areas have room for 4 points more.
 * @param cells room for mostCells cells of 32 bytes
 * @param forceX, forceY f32 [n], in the points' own order
 * @returns Z, the sum of q over all pairs of different points; -1 when the cells do not suffice
 */
export function repel(
  keys: usize,
  order: usize,
  sortedX: usize,
  sortedY: usize,
  n: i32,
  side: f32,
  theta: f32,
  cells: usize,
  mostCells: i32,
  forceX: usize,
  forceY: usize,
): f64 {
  cellCount = 0;
  build(keys, sortedX, sortedY, 0, n, LEVELS, side * side, cells, mostCells);
  if (cellCount > mostCells) return -1;
  // What fills up the last group of four.
  const last = (<usize>(n - 1)) << 2;
  for (let i: usize = 4; i <= 16; i += 4) {
    store<f32>(sortedX + last + i, load<f32>(sortedX + last));
    store<f32>(sortedY + last + i, load<f32>(sortedY + last));
  }
  const opening = f32x4.splat(<f32>1 / (theta * theta));
  const one = f32x4.splat(1);
  const end = cells + <usize>cellCount * CELL_BYTES;
  let z: f64 = 0;
  for (let i = 0; i < n; i += 4) {
    const at = (<usize>i) << 2;
    const px = v128.load(sortedX + at);
    const py = v128.load(sortedY + at);
    let sumX = f32x4.splat(0);
    let sumY = f32x4.splat(0);
    let sumQ = f32x4.splat(0);
    let cell = cells;
    while (cell < end) {
      const first = load<i32>(cell, 20);
      if (first >= 0) {
        const behind = load<i32>(cell, 24);
        for (let j = (<usize>first) << 2; j < (<usize>behind) << 2; j += 4) {
          const dx = f32x4.sub(px, v128.load32_splat(sortedX + j));
          const dy = f32x4.sub(py, v128.load32_splat(sortedY + j));
          const q = f32x4.div(one, f32x4.add(one, f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy))));
          sumQ = f32x4.add(sumQ, q);
          const q2 = f32x4.mul(q, q);
          sumX = f32x4.add(sumX, f32x4.mul(q2, dx));
          sumY = f32x4.add(sumY, f32x4.mul(q2, dy));
        }
        cell = cells + <usize>load<i32>(cell, 16) * CELL_BYTES;
        continue;
      }
      const dx = f32x4.sub(px, v128.load32_splat(cell, 4));
      const dy = f32x4.sub(py, v128.load32_splat(cell, 8));
      const squared = f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy));
      const needed = f32x4.mul(v128.load32_splat(cell, 12), opening);
      if (!i32x4.all_true(f32x4.lt(needed, squared))) {
        cell += CELL_BYTES;
        continue;
      }
      const q = f32x4.div(one, f32x4.add(one, squared));
      const massive = f32x4.mul(v128.load32_splat(cell), q);
      sumQ = f32x4.add(sumQ, massive);
      const q2 = f32x4.mul(massive, q);
      sumX = f32x4.add(sumX, f32x4.mul(q2, dx));
      sumY = f32x4.add(sumY, f32x4.mul(q2, dy));
      cell = cells + <usize>load<i32>(cell, 16) * CELL_BYTES;
    }
    z += put(
      i,
      0,
      n,
      order,
      forceX,
      forceY,
      f32x4.extract_lane(sumX, 0),
      f32x4.extract_lane(sumY, 0),
      f32x4.extract_lane(sumQ, 0),
    );
    z += put(
      i,
      1,
      n,
      order,
      forceX,
      forceY,
      f32x4.extract_lane(sumX, 1),
      f32x4.extract_lane(sumY, 1),
      f32x4.extract_lane(sumQ, 1),
    );
    z += put(
      i,
      2,
      n,
      order,
      forceX,
      forceY,
      f32x4.extract_lane(sumX, 2),
      f32x4.extract_lane(sumY, 2),
      f32x4.extract_lane(sumQ, 2),
    );
    z += put(
      i,
      3,
      n,
      order,
      forceX,
      forceY,
      f32x4.extract_lane(sumX, 3),
      f32x4.extract_lane(sumY, 3),
      f32x4.extract_lane(sumQ, 3),
    );
  }
  // Each point met itself, with q = 1 and no force.
  return z - <f64>n;
}

function put(i: i32, lane: i32, n: i32, order: usize, forceX: usize, forceY: usize, x: f32, y: f32, q: f32): f64 {
  if (i + lane >= n) return 0;
  const point = (<usize>load<i32>(order + ((<usize>(i + lane)) << 2))) << 2;
  store<f32>(forceX + point, x);
  store<f32>(forceY + point, y);
  return <f64>q;
}

/** Writes the cell of the sorted points from first to behind, whose keys agree above `level` pairs of bits, and those in it. */
function build(
  keys: usize,
  sortedX: usize,
  sortedY: usize,
  first: i32,
  behind: i32,
  level: i32,
  squaredWidth: f32,
  cells: usize,
  mostCells: i32,
): usize {
  const cell = cells + <usize>cellCount * CELL_BYTES;
  cellCount++;
  if (cellCount > mostCells) return cells;
  let mass: f32 = 0;
  let x: f32 = 0;
  let y: f32 = 0;
  const isLeaf = behind - first <= LEAF_POINTS || level === 0;
  if (isLeaf) {
    for (let i = first; i < behind; i++) {
      x += load<f32>(sortedX + ((<usize>i) << 2));
      y += load<f32>(sortedY + ((<usize>i) << 2));
    }
    mass = <f32>(behind - first);
  } else {
    const shift = (level - 1) << 1;
    let start = first;
    while (start < behind) {
      const quarter = (load<u32>(keys + ((<usize>start) << 2)) >> shift) & 3;
      const stop = endOf(keys, start, behind, shift, quarter);
      const child = build(keys, sortedX, sortedY, start, stop, level - 1, squaredWidth * <f32>0.25, cells, mostCells);
      const childMass = load<f32>(child);
      mass += childMass;
      x += load<f32>(child, 4) * childMass;
      y += load<f32>(child, 8) * childMass;
      start = stop;
    }
  }
  store<f32>(cell, mass);
  store<f32>(cell, x / mass, 4);
  store<f32>(cell, y / mass, 8);
  store<f32>(cell, squaredWidth, 12);
  store<i32>(cell, cellCount, 16);
  store<i32>(cell, isLeaf ? first : -1, 20);
  store<i32>(cell, behind, 24);
  return cell;
}

/** Where the points in a quarter of a cell end. */
function endOf(keys: usize, start: i32, behind: i32, shift: i32, quarter: u32): i32 {
  let low = start + 1;
  let high = behind;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (((load<u32>(keys + ((<usize>middle) << 2)) >> shift) & 3) > quarter) high = middle;
    else low = middle + 1;
  }
  return low;
}
