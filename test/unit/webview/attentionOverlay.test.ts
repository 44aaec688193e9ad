import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../../src/weights/safetensors.js';
import {
  COLOR_MAPS,
  colorTable,
  keepMass,
  maskOutline,
  normalized,
  overlayPixels,
} from '../../../webview/shared/attentionOverlay.js';

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

describe('colorTable', () => {
  const light = (table: Uint8Array, shade: number) =>
    0.2126 * (table[shade * 3] ?? 0) + 0.7152 * (table[shade * 3 + 1] ?? 0) + 0.0722 * (table[shade * 3 + 2] ?? 0);

  it.each(COLOR_MAPS)('%s gets lighter from the least to the most', (name) => {
    const table = colorTable(name);
    expect(table.length).toBe(256 * 3);
    for (let shade = 16; shade < 256; shade += 16)
      expect(light(table, shade)).toBeGreaterThan(light(table, shade - 16));
  });

  it('ends where matplotlib ends', () => {
    expect([...colorTable('viridis').slice(0, 3)]).toEqual([68, 1, 84]);
    expect([...colorTable('viridis').slice(-3)]).toEqual([253, 231, 37]);
  });
});

describe('overlayPixels', () => {
  const look = { kind: 'heat', opacity: 1, share: 0.6, colorMap: 'gray' } as const;
  const values = Float32Array.of(0.1, 0.3, 0.2);
  const pixelsOf = (pixels: Uint8ClampedArray) =>
    Array.from({ length: pixels.length / 4 }, (_, i) => [...pixels.slice(4 * i, 4 * i + 4)]);

  it('at opacity 0 leaves the image as it is', () => {
    for (const kind of ['heat', 'mask'] as const)
      for (const [, , , alpha] of pixelsOf(overlayPixels(values, { ...look, kind, opacity: 0 }))) expect(alpha).toBe(0);
  });

  it('at opacity 1 is the heat map', () => {
    expect(pixelsOf(overlayPixels(values, look))).toEqual([
      [0, 0, 0, 255],
      [255, 255, 255, 255],
      [127, 127, 127, 255],
    ]);
  });

  it('as a mask darkens what is not kept', () => {
    const [left, kept, alsoKept] = pixelsOf(overlayPixels(values, { ...look, kind: 'mask' }));
    expect(left).toEqual([0, 0, 0, 224]);
    expect([kept?.[3], alsoKept?.[3]]).toEqual([0, 0]);
  });
});

describe('maskOutline', () => {
  it('runs around what is kept, in lines as long as they go', () => {
    // . # #
    // . # .
    const mask = [0, 1, 1, 0, 1, 0];
    expect(maskOutline(mask, { rows: 2, columns: 3 })).toEqual([
      { from: [2, 1], to: [3, 1] },
      { from: [1, 0], to: [1, 2] },
      { from: [2, 1], to: [2, 2] },
    ]);
  });

  it('separates every pair of neighbors that differ, and no other', () => {
    const masks = fc.integer({ min: 1, max: 6 }).chain((columns) =>
      fc.record({
        columns: fc.constant(columns),
        mask: fc
          .array(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: columns, maxLength: columns }), {
            minLength: 1,
            maxLength: 6,
          })
          .map((rows) => rows.flat()),
      }),
    );
    fc.assert(
      fc.property(masks, ({ mask, columns }) => {
        const rows = mask.length / columns;
        const lines = maskOutline(mask, { rows, columns });
        const between = new Set<string>();
        for (const { from, to } of lines)
          for (
            let x = from[0], y = from[1];
            x < to[0] || y < to[1];
            x += from[1] === to[1] ? 1 : 0, y += from[1] === to[1] ? 0 : 1
          )
            between.add(from[1] === to[1] ? `${x},${y - 1}|${x},${y}` : `${x - 1},${y}|${x},${y}`);
        const differing = new Set<string>();
        const at = (x: number, y: number) => mask[y * columns + x];
        for (let y = 0; y < rows; y++)
          for (let x = 0; x < columns; x++) {
            if (x > 0 && at(x - 1, y) !== at(x, y)) differing.add(`${x - 1},${y}|${x},${y}`);
            if (y > 0 && at(x, y - 1) !== at(x, y)) differing.add(`${x},${y - 1}|${x},${y}`);
          }
        expect(between).toEqual(differing);
      }),
    );
  });
});
