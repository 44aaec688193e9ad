import { expect, it } from 'vitest';
import { normalize, statisticsOf } from '../../../src/data/normalize.js';

it.each([1, 3, 5])('what an export says of %d channels is what images are normalized by', (channels) => {
  const { mean, std } = statisticsOf(channels);
  expect([mean.length, std.length]).toEqual([channels, channels]);
  const into = new Float32Array(channels);
  normalize(new Uint8ClampedArray(channels).fill(51), channels, 1, into, 0);
  into.forEach((value, channel) => {
    expect(value).toBeCloseTo((0.2 - (mean[channel] ?? 0)) / (std[channel] ?? 1), 5);
  });
});
