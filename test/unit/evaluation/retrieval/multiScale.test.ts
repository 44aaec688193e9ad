import { describe, expect, it } from 'vitest';
import { atScale, multiScaleDescriptor, SCALES } from '../../../../src/evaluation/retrieval/multiScale.js';

const ramp = (height: number, width: number) => ({
  planes: 1,
  height,
  width,
  data: Float32Array.from({ length: height * width }, (_, i) => i % width),
});

describe('an image at a scale', () => {
  it('has sides that are rounded down', () => {
    expect(SCALES.map((scale) => atScale(ramp(45, 35), scale)).map(({ height, width }) => [height, width])).toEqual([
      [45, 35],
      [31, 24],
      [22, 17],
    ]);
  });

  it('is sampled in steps of 1 / scale, whatever was rounded away', () => {
    expect([...atScale(ramp(2, 5), 0.5).data]).toEqual([0.5, 2.5]);
  });

  it('at a scale of 1 is the same, in numbers of its own', () => {
    const image = ramp(2, 3);
    const whole = atScale(image, 1);
    expect(whole).toEqual(image);
    expect(whole.data).not.toBe(image.data);
  });

  it('is sampled in both directions', () => {
    const tall = {
      planes: 2,
      height: 4,
      width: 2,
      data: Float32Array.of(0, 0, 1, 1, 2, 2, 3, 3, 5, 5, 5, 5, 5, 5, 5, 9),
    };
    expect(atScale(tall, 0.5)).toEqual({ planes: 2, height: 2, width: 1, data: Float32Array.of(0.5, 2.5, 5, 6) });
  });

  it('may be a single pixel, and is refused when nothing is left of a side', () => {
    expect(atScale(ramp(2, 2), 0.5).data).toEqual(Float32Array.of(0.5));
    expect(() => atScale(ramp(8, 1), 0.5)).toThrow('nothing is left of 1 x 8 pixels at a scale of 0.5');
    expect(() => atScale(ramp(1, 8), 0.5)).toThrow('nothing is left of 8 x 1 pixels at a scale of 0.5');
  });
});

describe('the descriptor', () => {
  it('sums features as they are, and has length 1', () => {
    const descriptor = multiScaleDescriptor([Float32Array.of(1, 0), Float32Array.of(2, 3), Float32Array.of(0, 1)]);
    expect(descriptor).toEqual(Float32Array.of(0.6, 0.8));
  });

  it('of a single scale is its feature, of length 1', () => {
    expect(multiScaleDescriptor([Float32Array.of(-3, 4)])).toEqual(Float32Array.of(-0.6, 0.8));
  });

  it('of nothing is nothing', () => {
    expect(multiScaleDescriptor([])).toEqual(new Float32Array(0));
    expect(multiScaleDescriptor([Float32Array.of(0, 0)])).toEqual(Float32Array.of(0, 0));
  });
});
