import { describe, expect, it } from 'vitest';
import { smooth } from '../../../webview/curves/smooth.js';

describe('smooth', () => {
  it('leaves values as they are without weight', () => {
    expect(smooth([3, 1, 2], 0)).toEqual([3, 1, 2]);
  });

  it('starts without bias and keeps a constant', () => {
    const values = smooth([5, 5, 5, 5], 0.9);
    for (const value of values) expect(value).toBeCloseTo(5, 12);
  });

  it('weighs the past', () => {
    const [, second] = smooth([0, 1], 0.5);
    expect(second).toBeCloseTo(2 / 3, 12);
  });
});
