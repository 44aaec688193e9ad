import { describe, expect, it } from 'vitest';
import { labeledSteps, nearestShare, shareOf, shortStep } from '../../../webview/shared/timeScale.js';

const STEPS = [0, 10, 30, 100, 300, 1000];

describe('the time line', () => {
  const shares = STEPS.map((step) => shareOf(step, 1000));

  it('begins with step 0, ends with the last, and spaces the steps of the story about evenly', () => {
    expect([shares[0], shares.at(-1)]).toEqual([0, 1]);
    const gaps = shares.slice(1).map((share, i) => share - (shares[i] ?? 0));
    expect(Math.max(...gaps) / Math.min(...gaps)).toBeLessThan(1.5);
    expect(shareOf(0, 0), 'a run with the untrained network alone').toBe(0);
  });

  it('has the step nearest to a place', () => {
    expect([-0.2, 0.05, 0.61, 0.99, 3].map((share) => STEPS[nearestShare(STEPS, 1000, share)])).toEqual([
      0, 0, 100, 1000, 1000,
    ]);
    expect(nearestShare([], 0, 0.5)).toBe(-1);
  });

  it('labels as many as there is room for, what is shown before all others', () => {
    expect(labeledSteps(STEPS, 1000, 3, 0.05)).toEqual([0, 1, 2, 3, 4, 5]);
    const crowded = [...Array(101).keys()];
    const labeled = labeledSteps(crowded, 100, 97, 0.2);
    expect(labeled).toContain(97);
    expect(labeled).not.toContain(100);
    const places = labeled.map((place) => shareOf(place, 100));
    for (const [i, share] of places.slice(1).entries()) expect(share - (places[i] ?? 0)).toBeGreaterThanOrEqual(0.2);
    expect(labeledSteps([], 0, -1, 0.1)).toEqual([]);
  });

  it.each([
    [0, '0'],
    [999, '999'],
    [1521, '1.5k'],
    [30_000, '30k'],
    [2_000_000, '2M'],
  ])('writes %d as %s', (step, text) => {
    expect(shortStep(step)).toBe(text);
  });
});
