/** Where steps stand on the time line: on a logarithmic axis that has a place for step 0. Pure: no DOM. */

/** Up to about this step the axis is linear, so that the untrained network stands beside the first steps and not infinitely far away. */
const LINEAR_STEPS = 5;

const stretched = (step: number): number => Math.asinh(step / LINEAR_STEPS);

/** @returns 0 for step 0, 1 for the last step of the axis */
export const shareOf = (step: number, end: number): number => (end > 0 ? stretched(step) / stretched(end) : 0);

/** Index of the step nearest to a place on the axis, 0 to 1; -1 when there are none. */
export function nearestShare(
  steps: readonly number[],
  end: number,
  share: number,
  on: (step: number, end: number) => number = shareOf,
): number {
  const distances = steps.map((step) => Math.abs(on(step, end) - share));
  return distances.indexOf(Math.min(...distances));
}

/**
 * Which steps are labeled, so that no two labels overlap: the chosen one, the first and the last before all others.
 * @param least share of the axis that a label takes @returns indices, ascending
 */
export function labeledSteps(
  steps: readonly number[],
  end: number,
  chosen: number,
  least: number,
  on: (step: number, end: number) => number = shareOf,
): number[] {
  const order = [chosen, steps.length - 1, 0, ...steps.keys()].filter((place) => steps[place] !== undefined);
  const labeled: number[] = [];
  for (const place of order) {
    const share = on(steps[place] ?? 0, end);
    if (labeled.every((other) => Math.abs(on(steps[other] ?? 0, end) - share) >= least)) labeled.push(place);
  }
  return labeled.sort((a, b) => a - b);
}

/** Where the frames of a film stand, counted from 1: as far from one to the next everywhere. */
export const frameShareOf = (frame: number, end: number): number => (end > 1 ? (frame - 1) / (end - 1) : 0);

/** 3000 as `3k`, 1521 as `1.5k`: labels have little room. */
export function shortStep(step: number): string {
  if (step < 1000) return `${step}`;
  const [value, unit] = step < 1e6 ? [step / 1000, 'k'] : [step / 1e6, 'M'];
  return `${Number(value.toPrecision(value < 10 ? 2 : 3))}${unit}`;
}
