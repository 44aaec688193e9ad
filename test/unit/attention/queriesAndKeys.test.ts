import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headAttention } from '../../../src/attention/attentionMaps.js';
import { patchAt, placeOf } from '../../../src/attention/patches.js';
import { attentionOf } from '../../../src/attention/queriesAndKeys.js';
import { attentionProgram, queriesAndKeysProgram } from '../../../src/method/backbones/vit/programs.js';
import type { HostTensor } from '../../../src/program/program.js';
import { loadNetwork } from '../../../src/runs/network.js';
import { readSafetensors } from '../../../src/weights/safetensors.js';
import { onnxEngine } from '../engines/onnxEngine.js';
import { vitOf } from '../method/vitOf.js';

const reference = 'test/reference/tiny-vit';

describe('attentionOf', () => {
  it("has every row of the original's attention", async () => {
    const { backbone: spec, parameters } = await loadNetwork(`${reference}/student_initial.safetensors`, {
      numHeads: 3,
    });
    const vit = vitOf(spec);
    const backbone = Object.fromEntries(Object.entries(parameters).filter(([name]) => name.startsWith('backbone.')));
    const images = readSafetensors(`${reference}/inputs.safetensors`)['image_native'] as HostTensor;
    const [batch = 0, channels = 0, height = 0, width = 0] = images.shape;
    const one = {
      ...images,
      shape: [1, channels, height, width],
      data: images.data.slice(0, images.data.length / batch),
    };
    const size = { batch: 1, height, width };

    const session = await onnxEngine.compile(queriesAndKeysProgram(vit, size), backbone);
    const outputs = await session.call({ images: one });
    await session.dispose();
    // The same, three queries at a time.
    const inParts = await onnxEngine.compile(
      queriesAndKeysProgram(vit, size, 3 * vit.numHeads * ((height / vit.patchSize) * (width / vit.patchSize) + 1)),
      backbone,
    );
    for (const [name, { data }] of Object.entries(await inParts.call({ images: one })))
      data.forEach((value, i) => {
        expect(value).toBeCloseTo(outputs[name]?.data[i] ?? Number.NaN, 4);
      });
    await inParts.dispose();
    const [rows, columns] = [height / vit.patchSize, width / vit.patchSize];
    const queriesAndKeys = (block: number) => ({
      heads: vit.numHeads,
      rows,
      columns,
      registers: 0,
      queries: outputs[`query.${block}`]?.data as Float32Array,
      keys: outputs[`key.${block}`]?.data as Float32Array,
    });
    const expected = readSafetensors(`${reference}/outputs.safetensors`)['attention_native'] as HostTensor;
    const tokens = rows * columns + 1;
    const last = queriesAndKeys(vit.depth - 1);
    for (let token = 0; token < tokens; token++) {
      const attention = attentionOf(last, token === 0 ? 'cls' : token - 1);
      for (let head = 0; head < vit.numHeads; head++) {
        const row = expected.data.subarray((head * tokens + token) * tokens + 1, (head * tokens + token + 1) * tokens);
        headAttention({ heads: vit.numHeads, attention }, head).forEach((value, patch) => {
          expect(Math.abs(value - (row[patch] ?? Number.NaN))).toBeLessThan(1e-5);
        });
      }
    }

    // An earlier block is the last one of a network that ends there.
    const shorter = { ...vit, depth: vit.depth - 1 };
    const kept = Object.fromEntries(
      Object.entries(backbone).filter(([name]) => !name.startsWith(`backbone.blocks.${vit.depth - 1}.`)),
    );
    const other = await onnxEngine.compile(attentionProgram(shorter, size), kept);
    const { attention: matrix } = await other.call({ images: one });
    await other.dispose();
    const attention = attentionOf(queriesAndKeys(vit.depth - 2), 3);
    const row = matrix?.data.subarray(4 * tokens + 1, 5 * tokens) as Float32Array;
    attention.subarray(0, rows * columns).forEach((value, patch) => {
      expect(value).toBeCloseTo(row[patch] ?? Number.NaN, 5);
    });
  });

  it('sums to less than 1 by what goes to the CLS token, and refuses a patch that is not there', () => {
    const shapes = fc.record({
      heads: fc.integer({ min: 1, max: 3 }),
      rows: fc.integer({ min: 1, max: 4 }),
      width: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(
        shapes,
        fc.infiniteStream(fc.float({ min: -20, max: 20, noNaN: true })),
        ({ heads, rows, width }, stream) => {
          const columns = 2;
          const some = () =>
            Float32Array.from({ length: heads * (rows * columns + 1) * width }, () => stream.next().value ?? 0);
          const attention = attentionOf(
            { heads, rows, columns, registers: 0, queries: some(), keys: some() },
            rows * columns - 1,
          );
          for (let head = 0; head < heads; head++) {
            const sum = headAttention({ heads, attention }, head).reduce((total, value) => total + value, 0);
            expect(sum).toBeGreaterThanOrEqual(0);
            expect(sum).toBeLessThanOrEqual(1 + 1e-5);
          }
        },
      ),
    );
    const one = {
      heads: 1,
      rows: 1,
      columns: 1,
      registers: 0,
      queries: new Float32Array(2),
      keys: new Float32Array(2),
    };
    expect([...attentionOf(one, 0)]).toEqual([0.5]);
    expect(() => attentionOf(one, -1)).toThrow('patch -1 has no attention');
    expect(() => attentionOf(one, 1)).toThrow('there are 1 patches, so patch 1 has no attention');
  });
});

it('leaves registers out of the map, which take their share of the attention', () => {
  // CLS, two registers and two patches of one number: only a patch's query asks for anything.
  const of = {
    ...{ heads: 1, rows: 1, columns: 2, registers: 2 },
    queries: Float32Array.of(0, 0, 0, 0, 1),
    keys: Float32Array.of(0, 0, Math.log(2), Math.log(3), Math.log(4)),
  };
  const close = (attention: Float32Array, wanted: readonly number[]) =>
    attention.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 6);
    });
  close(attentionOf(of, 'cls'), [0.2, 0.2]);
  close(attentionOf(of, 0), [0.2, 0.2]);
  close(attentionOf(of, 1), [3 / 11, 4 / 11]);
  expect(() => attentionOf(of, 2)).toThrow('there are 2 patches, so patch 2 has no attention');
});

it('is that of a register, too, where the network has some', () => {
  // The second register asks as the patch above does.
  const of = {
    ...{ heads: 1, rows: 1, columns: 2, registers: 2 },
    queries: Float32Array.of(0, 0, 1, 0, 0),
    keys: Float32Array.of(0, 0, Math.log(2), Math.log(3), Math.log(4)),
  };
  const [first, second] = [attentionOf(of, { register: 0 }), attentionOf(of, { register: 1 })];
  expect([...first].map((value) => value.toFixed(6))).toEqual(['0.200000', '0.200000']);
  expect([...second].map((value) => value.toFixed(6))).toEqual([(3 / 11).toFixed(6), (4 / 11).toFixed(6)]);
  expect(() => attentionOf(of, { register: 2 })).toThrow('there are 2 registers, so register 2 has no attention');
  expect(() => attentionOf({ ...of, registers: 0 }, { register: 0 })).toThrow('there are 0 registers');
});

describe('patchAt', () => {
  // 100 x 50 pixels as 70 x 70, of which 64 are patches of 8.
  const image = { rows: 8, columns: 8, original: { width: 100, height: 50 }, resolution: 70, width: 64 };

  it('finds the patch under a pixel of the image', () => {
    expect(placeOf(image, patchAt(image, { x: 0, y: 0 }))).toEqual({ row: 0, column: 0 });
    // 12 / 100 of 70 pixels is 8.4: the second patch.
    expect(placeOf(image, patchAt(image, { x: 12, y: 24.9 }))).toEqual({ row: 4, column: 1 });
    expect(placeOf(image, patchAt(image, { x: 99, y: 49 })), 'what was cut off').toEqual({ row: 7, column: 7 });
  });

  it('refuses a pixel that is not there', () => {
    expect(() => patchAt(image, { x: 100, y: 3 })).toThrow('The image has 100 x 50 pixels: there is none at 100,3.');
  });
});
