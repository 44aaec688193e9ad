import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dropPathScales } from '../../../src/method/layers/dropPath.js';

/** The scales of each block. */
function blocks(seed: number, step: number, shape: { depth: number; rate: number; samples: number }): number[][] {
  const { data } = dropPathScales(seed, step, shape);
  const each = 2 * shape.samples;
  return Array.from({ length: shape.depth }, (_, block) => [...data.slice(block * each, (block + 1) * each)]);
}

describe("Stochastic depth's scales", () => {
  it('drop more often block by block, from never to the rate', () => {
    const shape = { depth: 5, rate: 0.4, samples: 5000 };
    blocks(3, 7, shape).forEach((scales, block) => {
      const rate = 0.1 * block;
      const dropped = scales.filter((value) => value === 0).length / scales.length;
      // Four deviations of so many draws.
      expect(Math.abs(dropped - rate), `block ${block}`).toBeLessThanOrEqual(
        4 * Math.sqrt((rate * (1 - rate)) / 10_000),
      );
      // What is kept makes up for what is dropped.
      expect(new Set(scales)).toEqual(new Set(block === 0 ? [1] : [0, Math.fround(1 / (1 - rate))]));
    });
  });

  it('have a number for each block, branch and sample', () => {
    const property = fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 9 }), (depth, samples) => {
      const { shape, dtype, data } = dropPathScales(1, 0, { depth, rate: 0.5, samples });
      expect({ shape, dtype }).toEqual({ shape: [depth, 2, samples], dtype: 'float32' });
      expect(data).toHaveLength(depth * 2 * samples);
    });
    fc.assert(property, { numRuns: 20 });
  });

  it('never drop the only block', () => {
    expect(blocks(1, 0, { depth: 1, rate: 0.9, samples: 4 })).toEqual([new Array(8).fill(1)]);
  });

  it('are drawn for each branch and block by itself', () => {
    const [, second, third] = blocks(3, 7, { depth: 3, rate: 0.5, samples: 64 }) as [number[], number[], number[]];
    const isDropped = (scales: number[]) => scales.map((value) => value === 0);
    expect(isDropped(third.slice(0, 64))).not.toEqual(isDropped(third.slice(64)));
    expect(isDropped(second)).not.toEqual(isDropped(third));
  });

  it('depend on seed and step alone', () => {
    const shape = { depth: 3, rate: 0.4, samples: 100 };
    const scales = blocks(3, 7, shape);
    expect(blocks(3, 7, shape)).toEqual(scales);
    const others = [blocks(3, 8, shape), blocks(3, 6, shape), blocks(4, 7, shape), blocks(3, 0, shape)];
    expect(others).not.toContainEqual(scales);
  });
});
