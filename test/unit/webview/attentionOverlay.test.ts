import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttentionMaps } from '../../../src/attention/attentionMaps.js';
import { readSafetensors } from '../../../src/runs/safetensors.js';
import {
  attentionOf,
  COLOUR_MAPS,
  colourTable,
  keepMass,
  normalized,
  paintOverlay,
  upsampleBilinear,
  upsampleNearest,
} from '../../../webview/shared/attentionOverlay.js';

/** A gray picture of 4 x 2 pixels with 2 x 1 patches and two heads. */
const maps: AttentionMaps = {
  heads: 2,
  rows: 1,
  columns: 2,
  attention: Float32Array.of(0.1, 0.3, 0.4, 0.2),
  picture: new Uint8Array(4 * 2 * 3).fill(100),
  width: 4,
  height: 2,
};
const look = { kind: 'heat', opacity: 1, share: 0.6, colourMap: 'gray', isSmooth: false } as const;
const pixel = (painted: Uint8ClampedArray, x: number, y = 0) => [
  ...painted.slice((y * 4 + x) * 4, (y * 4 + x) * 4 + 4),
];

describe('attentionOf', () => {
  it('takes one head, or the mean of all', () => {
    expect([...attentionOf(maps, 1)]).toEqual([...Float32Array.of(0.4, 0.2)]);
    expect([...attentionOf(maps, 'mean')]).toEqual([0.25, 0.25]);
  });
});

describe('keepMass', () => {
  const reference = path.join(import.meta.dirname, '../../reference/tiny-vit');
  const outputs = readSafetensors(path.join(reference, 'outputs.safetensors'));

  it.each([0.6, 0.8])('keeps the patches that the original keeps, at a share of %s', (share) => {
    const { shape = [], data = [] } = outputs['attention_native'] ?? {};
    const [, heads = 0, , tokens = 0] = shape;
    const mask = outputs[`mask_keep${share}`]?.data ?? [];
    expect(mask.length).toBe(heads * (tokens - 1));
    for (let head = 0; head < heads; head++) {
      // Image 0, the row of the CLS token, without its attention to itself.
      const row = head * tokens * tokens;
      const values = Float32Array.from(data.slice(row + 1, row + tokens));
      expect([...keepMass(values, share)]).toEqual([...mask.slice(head * (tokens - 1), (head + 1) * (tokens - 1))]);
    }
  });

  it('keeps at least the share, and no patch that could be spared', () => {
    const values = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 99 }), (numbers, hundredths) => {
        const share = hundredths / 100;
        const mask = keepMass(Float32Array.from(numbers), share);
        const total = numbers.reduce((sum, value) => sum + value, 0);
        const kept = numbers.filter((_, i) => mask[i] === 1);
        const mass = kept.reduce((sum, value) => sum + value, 0);
        expect(mass / total).toBeGreaterThan(share - 1e-5);
        expect((mass - Math.min(...kept)) / total).toBeLessThan(share + 1e-5);
      }),
    );
  });
});

describe('normalized', () => {
  it('goes from 0 to 1, and is 0 where nothing differs', () => {
    expect([...normalized(Float32Array.of(2, 4, 3))]).toEqual([0, 1, 0.5]);
    expect([...normalized(Float32Array.of(7, 7))]).toEqual([0, 0]);
  });
});

describe('upsampling', () => {
  const grid = { rows: 1, columns: 2 };

  it('nearest: each pixel has the value of its patch', () => {
    expect([...upsampleNearest([1, 3], grid, { width: 4, height: 2 })]).toEqual([1, 1, 3, 3, 1, 1, 3, 3]);
  });

  it('bilinear: as PyTorch does with align_corners=False', () => {
    // torch.nn.functional.interpolate(torch.tensor([[[[1., 3.]]]]), size=(1, 4), mode='bilinear')
    expect([...upsampleBilinear([1, 3], grid, { width: 4, height: 1 })]).toEqual([1, 1.5, 2.5, 3]);
  });

  it('bilinear: stays between the least and the most', () => {
    const anyGrid = fc.record({ rows: fc.integer({ min: 1, max: 5 }), columns: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(anyGrid, fc.integer({ min: 1, max: 17 }), (some, side) => {
        const values = Array.from({ length: some.rows * some.columns }, (_, i) => (i * 7) % 5);
        const pixels = upsampleBilinear(values, some, { width: side, height: side });
        expect(Math.min(...pixels)).toBeGreaterThanOrEqual(Math.min(...values));
        expect(Math.max(...pixels)).toBeLessThanOrEqual(Math.max(...values));
      }),
    );
  });
});

describe('colourTable', () => {
  const light = (table: Uint8Array, shade: number) =>
    0.2126 * (table[shade * 3] ?? 0) + 0.7152 * (table[shade * 3 + 1] ?? 0) + 0.0722 * (table[shade * 3 + 2] ?? 0);

  it.each(COLOUR_MAPS)('%s gets lighter from the least to the most', (name) => {
    const table = colourTable(name);
    expect(table.length).toBe(256 * 3);
    for (let shade = 16; shade < 256; shade += 16)
      expect(light(table, shade)).toBeGreaterThan(light(table, shade - 16));
  });

  it('ends where matplotlib ends', () => {
    expect([...colourTable('viridis').slice(0, 3)]).toEqual([68, 1, 84]);
    expect([...colourTable('viridis').slice(-3)]).toEqual([253, 231, 37]);
  });
});

describe('paintOverlay', () => {
  it('at opacity 0 is the picture', () => {
    const painted = paintOverlay(maps, 0, { ...look, opacity: 0 });
    expect(pixel(painted, 0)).toEqual([100, 100, 100, 255]);
    expect(new Set(painted)).toEqual(new Set([100, 255]));
  });

  it('at opacity 1 is the heat map of the head', () => {
    const painted = paintOverlay(maps, 0, look);
    expect(pixel(painted, 0)).toEqual([0, 0, 0, 255]);
    expect(pixel(painted, 3, 1)).toEqual([255, 255, 255, 255]);
    expect(pixel(paintOverlay(maps, 1, look), 0)).toEqual([255, 255, 255, 255]);
  });

  it('as a mask darkens what is not kept', () => {
    const painted = paintOverlay(maps, 0, { ...look, kind: 'mask' });
    expect(pixel(painted, 0)).toEqual([12, 12, 12, 255]);
    expect(pixel(painted, 2)).toEqual([100, 100, 100, 255]);
  });
});
