import { describe, expect, it } from 'vitest';
import { conditioned, DIRECTION_NOISE, directions } from '../../../src/projection/conditioning.js';
import { beginProjection, ProjectionInput } from '../../../src/projection/project.js';
import { Randomness } from '../../../src/projection/randomness.js';
import { noPace } from './noPace.js';

const random = new Randomness(3);
const NORMAL = Float64Array.from({ length: 60 }, () => random.normal());
const of = (data: Float64Array, dim = 4) => ({ rows: data.length / dim, dim, data });

async function plane(data: Float64Array): Promise<number[]> {
  const { matrix, scale } = conditioned(of(data));
  const descent = await beginProjection(new ProjectionInput(matrix, 0), { kind: 'pca' }, 0, noPace);
  return Array.from(descent.layout(), (value) => value * scale);
}

describe('numbers of any size', () => {
  it.each([1e-300, 1e-30, 1e30, 1e300])('times %s give the same plane, as large', async (factor) => {
    const wanted = await plane(NORMAL);
    const found = await plane(NORMAL.map((value) => value * factor));
    found.forEach((value, at) => {
      expect(value / factor).toBeCloseTo(wanted[at] ?? Number.NaN, 5);
    });
  });

  it('keep their differences far from 0', async () => {
    const wanted = await plane(NORMAL);
    const found = await plane(NORMAL.map((value) => value + 1e9));
    found.forEach((value, at) => {
      expect(value).toBeCloseTo(wanted[at] ?? Number.NaN, 5);
    });
  });

  it('have directions, whatever their size; rows of zeros have none', () => {
    const unit = directions(of(Float64Array.of(3e300, 4e300, 3e-300, 4e-300, 0, 0), 2));
    expect(unit.zeroRows).toBe(1);
    [0.6, 0.8, 0.6, 0.8, 0, 0].forEach((value, at) => {
      expect(unit.data[at]).toBeCloseTo(value, 12);
    });
  });

  it('are all the same: nothing is made of rounding', () => {
    const same = conditioned(of(Float64Array.from({ length: 60 }, () => 0.1)));
    expect(same.isUniform).toBe(true);
    expect(same.matrix.data.every((value) => value === 0)).toBe(true);
    const onOneLine = Float64Array.from({ length: 60 }, (_, at) => ((at % 4) + 0.1) * (Math.floor(at / 4) + 1));
    expect(conditioned(directions(of(onOneLine)), DIRECTION_NOISE).isUniform).toBe(true);
  });

  it('that are not finite are said, not laid out', () => {
    expect(() => new ProjectionInput({ rows: 2, dim: 1, data: Float32Array.of(1, Number.NaN) }, 0)).toThrow(
      'The features of row 2 are not finite (NaN)',
    );
  });
});
