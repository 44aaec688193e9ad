/** The rest of a step of t-SNE: the pull of the neighbors, and the descent. */

/**
 * The sums over a point's neighbors j of p_ij q_ij (y_i - y_j).
 * @param starts i32 [n + 1]: where each row of the sparse matrix begins; rows are multiples of 4, filled up by p = 0
 * @param neighbors i32; @param weights f32, p_ij
 */
export function attract(
  x: usize,
  y: usize,
  n: i32,
  starts: usize,
  neighbors: usize,
  weights: usize,
  forceX: usize,
  forceY: usize,
): void {
  const one = f32x4.splat(1);
  for (let i = 0; i < n; i++) {
    const at = (<usize>i) << 2;
    const px = v128.load32_splat(x + at);
    const py = v128.load32_splat(y + at);
    let sumX = f32x4.splat(0);
    let sumY = f32x4.splat(0);
    const end = (<usize>load<i32>(starts + at, 4)) << 2;
    for (let edge = (<usize>load<i32>(starts + at)) << 2; edge < end; edge += 16) {
      const j0 = (<usize>load<i32>(neighbors + edge)) << 2;
      const j1 = (<usize>load<i32>(neighbors + edge, 4)) << 2;
      const j2 = (<usize>load<i32>(neighbors + edge, 8)) << 2;
      const j3 = (<usize>load<i32>(neighbors + edge, 12)) << 2;
      const dx = f32x4.sub(px, gather(x, j0, j1, j2, j3));
      const dy = f32x4.sub(py, gather(y, j0, j1, j2, j3));
      const squared = f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy));
      const pull = f32x4.div(v128.load(weights + edge), f32x4.add(one, squared));
      sumX = f32x4.add(sumX, f32x4.mul(pull, dx));
      sumY = f32x4.add(sumY, f32x4.mul(pull, dy));
    }
    store<f32>(forceX + at, total(sumX));
    store<f32>(forceY + at, total(sumY));
  }
}

function gather(values: usize, j0: usize, j1: usize, j2: usize, j3: usize): v128 {
  let gathered = v128.load32_zero(values + j0);
  gathered = v128.load32_lane(values + j1, gathered, 1);
  gathered = v128.load32_lane(values + j2, gathered, 2);
  return v128.load32_lane(values + j3, gathered, 3);
}

function total(sums: v128): f32 {
  return (
    f32x4.extract_lane(sums, 0) +
    f32x4.extract_lane(sums, 1) +
    (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
  );
}

/**
 * Moves points along one axis, as van der Maaten's implementation: momentum, and a gain for each coordinate.
 * The gradient is 4 (exaggeration * attraction - repulsion / Z).
 */
export function descend(
  positions: usize,
  n: i32,
  attraction: usize,
  repulsion: usize,
  exaggeration: f32,
  z: f32,
  momentum: f32,
  learningRate: f32,
  velocities: usize,
  gains: usize,
): void {
  let mean: f64 = 0;
  const end = (<usize>n) << 2;
  for (let at: usize = 0; at < end; at += 4) {
    const gradient = <f32>4 * (exaggeration * load<f32>(attraction + at) - load<f32>(repulsion + at) / z);
    const velocity = load<f32>(velocities + at);
    let gain = load<f32>(gains + at);
    gain = velocity * gradient < 0 ? gain + <f32>0.2 : max(gain * <f32>0.8, <f32>0.01);
    store<f32>(gains + at, gain);
    const moved = momentum * velocity - learningRate * gain * gradient;
    store<f32>(velocities + at, moved);
    const position = load<f32>(positions + at) + moved;
    store<f32>(positions + at, position);
    mean += <f64>position;
  }
  const center = <f32>(mean / <f64>n);
  for (let at: usize = 0; at < end; at += 4) store<f32>(positions + at, load<f32>(positions + at) - center);
}
