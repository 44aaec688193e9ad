/**
 * Exponential moving average without the bias of its start, as in Adam's paper (arXiv 1412.6980, section 3).
 * @param weight of what came before, 0 (no smoothing) to below 1
 */
export function smooth(values: readonly number[], weight: number): number[] {
  let average = 0;
  let remaining = 1;
  return values.map((value) => {
    average = average * weight + value * (1 - weight);
    remaining *= weight;
    return average / (1 - remaining);
  });
}
