import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { forChannels } from '../../../src/weights/inputChannels.js';

/** As timmInputChannels.py recorded it. */
const recorded = JSON.parse(readFileSync(join(import.meta.dirname, 'timmInputChannels.json'), 'utf8')) as {
  shape: number[];
  weight: number[];
  adapted: Record<string, number[]>;
};
const weights = { shape: recorded.shape, dtype: 'float32', data: Float32Array.from(recorded.weight) } as const;

it.each(Object.keys(recorded.adapted).map(Number))(
  'makes of RGB weights for %d channels what timm makes',
  (channels) => {
    const { shape, data } = forChannels(weights, channels);
    expect(shape).toEqual([4, channels, 2, 2]);
    expect([...data]).toEqual(recorded.adapted[channels]);
  },
);

it.each([1, 6])('keeps the response to %d equal channels', (channels) => {
  const response = ({ shape, data }: { shape: readonly number[]; data: Float32Array | Int32Array }) =>
    Array.from({ length: 4 * 4 }, (_, i) => {
      const [row, place, count] = [Math.floor(i / 4), i % 4, shape[1] ?? 0];
      let sum = 0;
      for (let channel = 0; channel < count; channel++) sum += data[(row * count + channel) * 4 + place] as number;
      return sum;
    });
  const before = response(weights);
  response(forChannels(weights, channels)).forEach((sum, i) => {
    expect(sum).toBeCloseTo(before[i] as number, 6);
  });
});

it('starts from three channels alone', () => {
  const gray = { shape: [1, 1, 1, 1], dtype: 'float32', data: new Float32Array(1) } as const;
  expect(() => forChannels(gray, 4)).toThrow(
    'takes images of 1 channel: weights for 4 are made from those for 3 (RGB)',
  );
});
