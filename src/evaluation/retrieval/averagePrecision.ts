/**
 * The area under the precision-recall curve by trapezoids: `compute_ap` of facebookresearch/dino's eval_image_retrieval.py and
 * `score_ap_from_ranks_1` of its eval_copy_detection.py. A lone positive at place r, counted from 1, gives 1 / (2r); only at the first
 * place it gives 1.
 * @param positions where the positives were found, from 0, ascending
 * @param positives how many there are, whether found or not
 * @throws Error when there are none: a query without a match has no average precision
 */
export function averagePrecision(positions: readonly number[], positives: number): number {
  if (!(positives >= 1)) throw new Error('a query without a match has no average precision');
  const step = 1 / positives;
  let area = 0;
  positions.forEach((position, found) => {
    const before = position === 0 ? 1 : found / position;
    const after = (found + 1) / (position + 1);
    area += ((before + after) * step) / 2;
  });
  return area;
}
