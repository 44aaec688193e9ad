/**
 * The patches that hold a given share of a head's attention, as facebookresearch/dino's visualize_attention.py (and the paper's
 * segmentation, 60 %) picks them.
 */

/**
 * 1 where a patch belongs to the fewest most attended patches that hold `share` of the mass, else 0.
 * `attention` is [heads, patches], the CLS token's attention with its attention to itself left out; it need not sum to 1.
 * The order of operations and the float32 rounding are the original's: sort ascending, divide by the sum, keep where the running
 * sum exceeds 1 - share.
 */
export function attentionMask(attention: Float32Array, heads: number, share: number): Uint8Array {
  if (!(share > 0 && share <= 1)) throw new Error(`the share of the attention to keep must be in (0, 1], got ${share}`);
  const patches = attention.length / heads;
  const mask = new Uint8Array(attention.length);
  const threshold = Math.fround(1 - share);
  for (let head = 0; head < heads; head++) {
    const values = attention.subarray(head * patches, (head + 1) * patches);
    const mass = Math.fround(values.reduce((sum, value) => sum + value, 0));
    let cumulated = 0;
    for (const patch of ascending(values)) {
      cumulated += Math.fround((values[patch] ?? 0) / mass);
      if (Math.fround(cumulated) > threshold) mask[head * patches + patch] = 1;
    }
  }
  return mask;
}

const INDICES = 2 ** 20;

/**
 * The indices of values that are not negative, from the smallest value to the largest, equal ones in their order. The bits of such
 * floats, read as integers, are in the floats' order: with the index behind them they are sorted as plain numbers, ten times as fast
 * as by a function that compares. The mask follows the pointer.
 */
function ascending(values: Float32Array): Float64Array {
  const bits = new Uint32Array(values.slice().buffer);
  const keys = new Float64Array(bits.length);
  for (let index = 0; index < bits.length; index++) keys[index] = (bits[index] as number) * INDICES + index;
  keys.sort();
  for (let place = 0; place < keys.length; place++) keys[place] = (keys[place] as number) % INDICES;
  return keys;
}
