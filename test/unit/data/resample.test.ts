import { expect, test } from 'vitest';
import { kernels } from '../../../src/data/pixelKernels.js';
import { resample } from '../../../src/data/resample.js';

test('an image of hundreds of thousands of rows is resized in bounded memory', () => {
  const [height, side] = [400_000, 1000];
  const data = Uint8Array.from({ length: height }, (_, y) => Math.floor((256 * y) / height));
  const box = { left: 0, top: 0, width: 1, height };
  const into = new Uint8ClampedArray(side * side);
  resample({ width: 1, height, channels: 1, data }, { box, width: side, height: side, kernel: 'bilinear' }, into);
  // Each row of the result is the mean of the 400 that it stands for.
  for (const row of [0, 1, 249, 499, 500, 501, 750, 999])
    for (const column of [0, 500, 999])
      expect(Math.abs((into[row * side + column] ?? -1) - (256 * (row + 0.5)) / side)).toBeLessThan(1.2);
  expect(kernels.memory.buffer.byteLength).toBeLessThan(200e6);
});
