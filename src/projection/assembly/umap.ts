/** One epoch of UMAP's stochastic descent: edges pull in proportion to their weight, and random points push. */

const MOST_STEP: f32 = 4;

let random: u32 = 1;

/**
 * @param heads, tails i32 [edges]; @param every f32 [edges]: an edge is due once in so many epochs
 * @param due f32 [edges]: the epoch in which each is due next; @param pushDue f32 [edges]: the same for its random points
 * @param pushes random points for each pull; @param seed of this epoch, not 0
 */
export function umapEpoch(
  x: usize,
  y: usize,
  n: i32,
  heads: usize,
  tails: usize,
  every: usize,
  due: usize,
  pushDue: usize,
  edges: i32,
  epoch: f32,
  pushes: f32,
  a: f32,
  b: f32,
  rate: f32,
  seed: u32,
): void {
  random = seed;
  const end = (<usize>edges) << 2;
  for (let at: usize = 0; at < end; at += 4) {
    const next = load<f32>(due + at);
    if (next > epoch) continue;
    const period = load<f32>(every + at);
    store<f32>(due + at, next + period);
    const head = (<usize>load<i32>(heads + at)) << 2;
    const tail = (<usize>load<i32>(tails + at)) << 2;
    let px = load<f32>(x + head);
    let py = load<f32>(y + head);
    let dx = px - load<f32>(x + tail);
    let dy = py - load<f32>(y + tail);
    let squared = dx * dx + dy * dy;
    if (squared > 0) {
      const power = pow(squared, b);
      const pull = (<f32>-2 * a * b * power) / (squared * (a * power + <f32>1));
      const stepX = limited(pull * dx) * rate;
      const stepY = limited(pull * dy) * rate;
      px += stepX;
      py += stepY;
      store<f32>(x + tail, load<f32>(x + tail) - stepX);
      store<f32>(y + tail, load<f32>(y + tail) - stepY);
    }
    const pushPeriod = period / pushes;
    const pushNext = load<f32>(pushDue + at);
    const count = <i32>((epoch - pushNext) / pushPeriod);
    for (let push = 0; push < count; push++) {
      const other = (<usize>(nextRandom() % <u32>n)) << 2;
      if (other === head) continue;
      dx = px - load<f32>(x + other);
      dy = py - load<f32>(y + other);
      squared = dx * dx + dy * dy;
      if (squared > 0) {
        const away = (<f32>2 * b) / ((<f32>0.001 + squared) * (a * pow(squared, b) + <f32>1));
        px += limited(away * dx) * rate;
        py += limited(away * dy) * rate;
      } else {
        px += MOST_STEP * rate;
        py += MOST_STEP * rate;
      }
    }
    store<f32>(pushDue + at, pushNext + <f32>count * pushPeriod);
    store<f32>(x + head, px);
    store<f32>(y + head, py);
  }
}

function limited(step: f32): f32 {
  return min(max(step, -MOST_STEP), MOST_STEP);
}

/** Marsaglia's xorshift. */
function nextRandom(): u32 {
  random ^= random << 13;
  random ^= random >> 17;
  random ^= random << 5;
  return random;
}

/** value ** exponent to about 1e-4, for value > 0: a descent by random points asks for no more, and spends most of its time here. */
function pow(value: f32, exponent: f32): f32 {
  const bits = reinterpret<i32>(value);
  const fraction = reinterpret<f32>((bits & 0x007fffff) | 0x3f800000);
  // log2 of the fraction in [1, 2), a minimax polynomial.
  const log: f32 =
    <f32>((bits >> 23) - 128) +
    ((((<f32>-0.08161581 * fraction + <f32>0.64514236) * fraction - <f32>2.1206752) * fraction + <f32>4.0700908) *
      fraction -
      <f32>1.5129554);
  const power = min(max(log * exponent, <f32>-126), <f32>126);
  const whole = floor<f32>(power);
  const rest = power - whole;
  const two = <f32>1 + rest * (<f32>0.6951786 + rest * (<f32>0.2267667 + rest * <f32>0.0780547));
  return reinterpret<f32>((<i32>whole + 127) << 23) * two;
}
