import { expect, it } from 'vitest';
import { interpolateBilinear } from '../../../src/data/bilinear.js';

const planes = { planes: 2, height: 1, width: 2, data: [0, 4, 10, 10] };

it('Pixels between two centers are mixed, and beyond the outermost ones they stay', () => {
  expect([...interpolateBilinear(planes, { height: 1, width: 4 })]).toEqual([0, 1, 3, 4, 10, 10, 10, 10]);
});

it('The same size is the same image', () => {
  expect([...interpolateBilinear(planes, { height: 1, width: 2 })]).toEqual([0, 4, 10, 10]);
});

it('Of a constant nothing but the constant comes, to the last bit', () => {
  const data = new Float32Array(9).fill(0.1);
  const result = interpolateBilinear({ planes: 1, height: 3, width: 3, data }, { height: 7, width: 5 });
  expect(new Set(result)).toEqual(new Set([Math.fround(0.1)]));
});

it('Reducing looks at the nearest pixels alone', () => {
  const data = [0, 8, 0, 8, 0, 8];
  expect([...interpolateBilinear({ planes: 1, height: 1, width: 6, data }, { height: 1, width: 2 })]).toEqual([8, 0]);
});
