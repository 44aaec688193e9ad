/** The cross-entropy, how many classes come before the right one (of equal ones those of smaller number), and the first. */
export function judge(
  logits: Float32Array | Int32Array,
  label: number,
): { readonly loss: number; readonly place: number; readonly first: number } {
  const own = logits[label] as number;
  let first = 0;
  let place = 0;
  for (let other = 0; other < logits.length; other++) {
    const value = logits[other] as number;
    if (value > (logits[first] as number)) first = other;
    if (value > own || (value === own && other < label)) place++;
  }
  const most = logits[first] as number;
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - most);
  // A classifier whose rate was too high has run away: it is right about nothing.
  if (!Number.isFinite(sum)) return { loss: Number.NaN, place: Number.POSITIVE_INFINITY, first: 0 };
  return { loss: Math.log(sum) + most - own, place, first };
}
