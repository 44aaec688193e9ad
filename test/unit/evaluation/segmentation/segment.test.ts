/** Masks of images whose bright patches are what a network attends to. */
import { expect, it } from 'vitest';
import type { Image } from '../../../../src/data/image.js';
import type { Engine } from '../../../../src/engines/engine.js';
import { Segmenter } from '../../../../src/evaluation/segmentation/segment.js';
import type { NamedHostTensors } from '../../../../src/program/program.js';
import type { LoadedNetwork } from '../../../../src/runs/network.js';
import { engineOfFirstValues, network } from '../surroundings.js';

/** The CLS token attends to patches of 4 x 4 pixels by a value in their middle. One head. */
function engineOfAttention() {
  const { engine: first, asked } = engineOfFirstValues();
  const engine: Engine = {
    ...first,
    compile: async (program, state) => ({
      ...(await first.compile(program, state)),
      call: async (inputs) => {
        asked.calls.push(inputs);
        const { shape, data } = inputs['images'] as NonNullable<NamedHostTensors[string]>;
        const [, , height = 0, width = 0] = shape;
        const [rows, columns] = [height / 4, width / 4];
        const tokens = (cls: number, of: (row: number, column: number) => number) => ({
          shape: [1, rows * columns + 1, 1],
          dtype: 'float32' as const,
          data: Float32Array.of(
            cls,
            ...Array.from({ length: rows * columns }, (_, i) => of(Math.floor(i / columns), i % columns)),
          ),
        });
        return {
          'query.0': tokens(9, () => 0),
          'key.0': tokens(-9, (row, column) => data[(4 * row + 2) * width + 4 * column + 2] as number),
        };
      },
    }),
  };
  return { engine, asked };
}

/** Dark, with bright pixels from the second patch to the third of the second row. */
function image(width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3).fill(20);
  for (let y = 4; y < 8; y++) data.fill(250, 3 * (y * width + 4), 3 * (y * width + 12));
  return { width, height, channels: 3, data };
}
const inside = (width: number, height: number, [left, right]: readonly [number, number] = [4, 12]) =>
  Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return y >= 4 && y < 8 && x >= left && x < right ? 1 : 0;
  });

function segmenter({ keep = 0.6, longest = 100 } = {}) {
  const { engine, asked } = engineOfAttention();
  return { segmenter: new Segmenter({ engine, network }, { keep, longest }), asked };
}

it('a mask has the patches that are attended to, in the size of the image; what fills no patch is background', async () => {
  const { segmenter: one, asked } = segmenter();
  expect(one.heads).toBe(1);
  const { masks, seen, scores } = await one.segment(image(19, 14));
  expect(seen).toEqual({ width: 16, height: 12 });
  expect(masks).toEqual([inside(19, 14)]);
  expect(scores).toBeUndefined();
  await one.dispose();
  expect(asked.disposed).toBe(1);
});

it('a mask holds the share of the attention that is asked for', async () => {
  const pixels = async (keep: number) => {
    const [mask] = (await segmenter({ keep }).segmenter.segment(image(16, 12))).masks;
    return mask?.reduce((sum, value) => sum + value, 0);
  };
  // Two patches have half of it each.
  expect([await pixels(0.4), await pixels(0.6)]).toEqual([16, 32]);
});

it('a large image is reduced, and its mask is of its own size again', async () => {
  const { segmenter: one, asked } = segmenter({ longest: 16 });
  const data = new Uint8Array(64 * 48 * 3).fill(20);
  for (let y = 16; y < 32; y++) data.fill(250, 3 * (y * 64 + 16), 3 * (y * 64 + 48));
  const { masks, seen } = await one.segment({ width: 64, height: 48, channels: 3, data });
  expect(seen).toEqual({ width: 16, height: 12 });
  expect(asked.calls[0]?.['images']?.shape).toEqual([1, 3, 12, 16]);
  expect(masks[0]).toEqual(Uint8Array.from({ length: 64 * 48 }, (_, i) => (data[3 * i] === 250 ? 1 : 0)));
});

it('a mask is measured by a truth, at the size that was seen, with its void as background or left out', async () => {
  const truth = (labels: Uint8Array) => ({ width: 19, height: 14, labels });
  const measured = async (labels: Uint8Array) =>
    (await segmenter().segmenter.segment(image(19, 14), truth(labels) as never)).scores;
  expect(await measured(inside(19, 14))).toEqual({
    jaccard: [1],
    withoutVoid: [1],
    precision: [1],
    recall: [1],
    bestHead: 0,
  });
  // The truth reaches two patches farther, the latter of which is cut off.
  const wide = inside(19, 14, [4, 19]);
  expect(await measured(wide)).toMatchObject({ jaccard: [2 / 3], precision: [1], recall: [2 / 3] });
  const half = inside(19, 14, [4, 8]);
  expect(await measured(half)).toMatchObject({ jaccard: [1 / 2], precision: [1 / 2], recall: [1] });
  const unsure = inside(19, 14).map((label, i) => (label === 1 && i % 19 >= 8 ? 255 : label));
  expect(await measured(unsure)).toMatchObject({ jaccard: [1 / 2], withoutVoid: [1] });
});

it('a network without attention is refused', () => {
  const resnet = { ...network, backbone: { kind: 'resnet' } } as LoadedNetwork;
  expect(
    () => new Segmenter({ engine: engineOfAttention().engine, network: resnet }, { keep: 0.6, longest: 100 }),
  ).toThrow('attention');
});
