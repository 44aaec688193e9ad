/** What each kind of backbone shows of an image, from the outputs of its program. */
import { expect, it } from 'vitest';
import { insightInto, patchFeaturesOf } from '../../../src/evaluation/insight.js';
import { vitOfDino, vitOfDinov2 } from '../../../src/method/backbones/vit/lineages.js';
import type { NamedHostTensors } from '../../../src/program/program.js';

const sizes = { patchSize: 8, inChans: 3, imageSize: 32, embedDim: 6, depth: 3, numHeads: 2 };
const vit = vitOfDino(sizes);
const intoVit = () => insightInto({ kind: 'vit', ...vit });
const resnet = { block: 'bottleneck', layers: [1, 1, 1, 1], width: 2, inChans: 3, imageSize: 64 } as const;
const intoResnet = () => insightInto({ kind: 'resnet', ...resnet });

const floats = (...values: number[]) => ({
  shape: [values.length],
  dtype: 'float32' as const,
  data: Float32Array.from(values),
});
/** Each output has its own number. */
const outputs: NamedHostTensors = {
  ...Object.fromEntries([0, 1, 2].flatMap((block) => [[`query.${block}`, floats(block)], [`key.${block}`, floats(10 + block)]])), // biome-ignore format: pairs
  patches: floats(20),
};

it('a Vision Transformer shows the queries and keys of the block that is asked for, else of the last one', () => {
  const size = { width: 40, height: 24 };
  expect(intoVit().of(outputs, size, 1)).toEqual({
    ...{ kind: 'attention', block: 1, blocks: 3, heads: 2, rows: 3, columns: 5, registers: 0 },
    ...{ queries: Float32Array.of(1), keys: Float32Array.of(11) },
  });
  expect(intoVit().of(outputs, size)).toMatchObject({
    block: 2,
    queries: Float32Array.of(2),
    keys: Float32Array.of(12),
  });
  expect(intoVit().of(outputs, size, 0)).toMatchObject({ block: 0, queries: Float32Array.of(0) });
  const withRegisters = insightInto({ kind: 'vit', ...vitOfDinov2(sizes, { registers: 4 }) });
  expect(withRegisters.of(outputs, size)).toMatchObject({ registers: 4 });
  expect(() => intoVit().of({ 'query.2': floats(1) }, size)).toThrow('the network gave no key.2');
});

it('its patches are counted down and across the part of the image that it sees', () => {
  expect(patchFeaturesOf(vit, outputs, { width: 40, height: 24 })).toEqual({
    ...{ rows: 3, columns: 5, dim: 6, features: Float32Array.of(20) },
  });
  expect(() => patchFeaturesOf(vit, {}, { width: 8, height: 8 })).toThrow('the network gave no patches');
});

it('a block is there from the first to the last, and one beyond is refused by its number, as people count', () => {
  for (const block of [undefined, 0, 2]) expect(() => intoVit().requireBlock('teacher', block)).not.toThrow();
  expect(() => intoVit().requireBlock('teacher', 3)).toThrow(
    expect.objectContaining({ message: 'teacher has 3 blocks: there is no block 4.', errorCode: 'no-such-block' }),
  );
});

it('images are cut to whole patches for a Vision Transformer alone', () => {
  expect([intoVit().cell, intoResnet().cell]).toEqual([8, 1]);
});

it('a fine resolution grows with the image for a Vision Transformer, and is that of the training for a ResNet', () => {
  expect([intoVit().fineResolution(50), intoResnet().fineResolution(50)]).toEqual([48, 64]);
  expect(intoResnet().fineResolution(4000)).toBe(64);
});

it('a program is for one square image, up to what can be computed in a reasonable time', () => {
  const shapeOf = (into: typeof intoVit, side: number) => into().program(side).inputs['images']?.shape;
  expect(shapeOf(intoVit, 1024), '2 ** 14 patches').toEqual([1, 3, 1024, 1024]);
  expect(() => intoVit().program(1032)).toThrow(
    'At 1032 pixels with patches of 8 there are 16641 patches, more than the 16384',
  );
  expect(shapeOf(intoResnet, 2048)).toEqual([1, 3, 2048, 2048]);
  expect(() => intoResnet().program(2049)).toThrow('A resolution of 2049 pixels is too high for a ResNet');
});

it('a ResNet shows the activations of its last stage by their own shape, whatever block is asked for', () => {
  const activations = { ...floats(1, 2, 3, 4, 5, 6), shape: [1, 1, 2, 3] };
  expect(() => intoResnet().requireBlock('teacher', 99)).not.toThrow();
  expect(intoResnet().of({ activations }, { width: 96, height: 64 }, 99)).toEqual({
    ...{ kind: 'activations', channels: 64, rows: 2, columns: 3, activations: activations.data },
  });
  expect(() => intoResnet().of({}, { width: 96, height: 64 })).toThrow('the network gave no activations');
});
