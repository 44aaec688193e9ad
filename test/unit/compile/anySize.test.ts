/** Graphs for images of any size: what of them depends on the size, and how. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { describeExtent, type Extent, extentOf, isFixed } from '../../../src/compile/anySize/extent.js';
import { listsOfExtents, shapeOfOutput, sizedGraphs, usedState } from '../../../src/compile/anySize/sizedGraphs.js';
import { AnySizeWriter } from '../../../src/compile/onnx/anySizeWriter.js';
import { simplify } from '../../../src/compile/simplify.js';
import { AnySizeBody } from '../../../src/compile/tensorflow/anySizeBody.js';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import type { AnySizeProgram, Sizes } from '../../../src/program/anySize.js';
import { float32, type NamedTensors, type Program } from '../../../src/program/program.js';

const SIZES: readonly Sizes[] = [
  { batch: 2, rows: 3, columns: 5 },
  { batch: 3, rows: 7, columns: 4 },
  { batch: 5, rows: 4, columns: 11 },
  { batch: 4, rows: 13, columns: 7 },
  { batch: 7, rows: 5, columns: 3 },
  { batch: 6, rows: 11, columns: 13 },
];
const found = (value: (sizes: Sizes) => number) => {
  const extent = extentOf(SIZES.map((sizes) => ({ sizes, value: value(sizes) })));
  // A zero may have a sign.
  return extent && Object.fromEntries(Object.entries(extent).map(([key, part]) => [key, part === 0 ? 0 : part]));
};

describe('an extent', () => {
  it.each<[string, (sizes: Sizes) => number, Extent]>([
    ['7', () => 7, { perImage: false, area: 0, row: 0, column: 0, rest: 7 }],
    ['rows', ({ rows }) => rows, { perImage: false, area: 0, row: 1, column: 0, rest: 0 }],
    ['2 * columns + 3', ({ columns }) => 2 * columns + 3, { perImage: false, area: 0, row: 0, column: 2, rest: 3 }],
    [
      'rows * columns + 5',
      ({ rows, columns }) => rows * columns + 5,
      { perImage: false, area: 1, row: 0, column: 0, rest: 5 },
    ],
    [
      '4 * rows * columns + 3 * rows + columns',
      ({ rows, columns }) => 4 * rows * columns + 3 * rows + columns,
      { perImage: false, area: 4, row: 3, column: 1, rest: 0 },
    ],
    ['batch', ({ batch }) => batch, { perImage: true, area: 0, row: 0, column: 0, rest: 1 }],
    ['batch * (12)', ({ batch }) => 12 * batch, { perImage: true, area: 0, row: 0, column: 0, rest: 12 }],
    [
      'batch * (rows * columns + 1)',
      ({ batch, rows, columns }) => batch * (rows * columns + 1),
      { perImage: true, area: 1, row: 0, column: 0, rest: 1 },
    ],
  ])('is told by its values, and in words: %s', (words, value, extent) => {
    expect(found(value)).toEqual(extent);
    expect(describeExtent(extent)).toBe(words);
    expect(isFixed(extent)).toBe(words === '7');
  });

  it('of another kind is none', () => {
    expect(found(({ rows }) => rows ** 2)).toBeUndefined();
    expect(found(({ batch, rows }) => batch + rows)).toBeUndefined();
    expect(found(({ rows }) => Math.floor(rows / 2))).toBeUndefined();
  });
});

type Body = (images: tf.Tensor, sizes: Sizes, state: NamedTensors) => tf.Tensor;

/** Of images of one channel, in cells of a pixel. */
const program = (body: Body): AnySizeProgram => ({
  name: 'outputs',
  cell: 1,
  at: (sizes): Program => ({
    name: 'outputs',
    state: { used: float32(2), unused: float32(2) },
    inputs: { images: float32(sizes.batch, 1, sizes.rows, sizes.columns) },
    body: (state, { images }) => ({ state: {}, outputs: { y: body(images as tf.Tensor, sizes, state) } }),
  }),
});

const sized = (body: Body) =>
  sizedGraphs(program(body), async (given) => {
    const traced = await trace(given);
    await useCpuBackend();
    return simplify(traced);
  });

describe('graphs of several sizes', () => {
  it('have shapes that are functions of the size', async () => {
    const graphs = await sized((images, { batch }) => tf.exp(tf.reshape(images, [batch, -1, 1])));
    expect(shapeOfOutput(graphs, 'y').map(describeExtent)).toEqual(['batch', 'rows * columns', '1']);
    const lists = listsOfExtents(graphs, ({ nodes }) => nodes.map(({ outputs: [out] }) => out?.shape ?? []));
    expect(lists[0]?.map(describeExtent)).toEqual(['batch', 'rows * columns', '1']);
  });

  it('have the state that they compute with', async () => {
    const { graphs } = await sized((images, _, { used }) => tf.mul(tf.mean(images), used as tf.Tensor));
    expect([...usedState(graphs[0]).keys()]).toEqual(['used']);
    const same = await sized((_, __, { unused }) => unused as tf.Tensor);
    expect([...usedState(same.graphs[0]).keys()]).toEqual(['unused']);
  });

  it('may have a constant of one number at more or fewer places', async () => {
    const body: Body = (images, { rows }) => tf.concat([tf.reshape(tf.mean(images), [1]), tf.fill([rows], 3)]);
    const { graphs, filled } = await sized((...given) => tf.add(body(...given), tf.tensor1d([1])));
    const constants = [...graphs[0].constants.values()];
    const places = [...filled].map((place) => constants[place]);
    for (const constant of places) expect(new Set(constant?.data).size).toBe(1);
    expect(constants.filter((constant) => !places.includes(constant)).map(({ shape }) => shape.length)).not.toContain(
      3,
    );
    expect(filled.size).toBe(1);
  });

  it('are refused where they differ in more than shapes', async () => {
    await expect(sized((images, { rows }) => (rows > 3 ? tf.exp(images) : tf.neg(images)))).rejects.toThrow(
      'The outputs of images of several sizes are not computed by the same operations.',
    );
    const counted: Body = (images, { rows }) => tf.mul(tf.mean(images), tf.tensor1d(Array.from({ length: rows }, (_, i) => i))); // biome-ignore format: one line
    await expect(sized(counted)).rejects.toThrow('The outputs have a constant that depends on the size of the images.');
    await expect(sized((images, { rows }) => tf.mul(images, tf.scalar(rows)))).rejects.toThrow(
      'The outputs have a constant that depends on the size of the images.',
    );
  });

  it('are refused where a shape is no simple function of the size', async () => {
    const graphs = await sized((images, { rows }) =>
      tf.exp(tf.slice(images, [0, 0, 0, 0], [1, 1, Math.ceil(rows / 2), 1])),
    );
    expect(() => shapeOfOutput(graphs, 'y')).toThrow(
      'The outputs have an extent that is no simple function of the size of the images: 2, 4, 2, 7, 3, 6, 4.',
    );
  });
});

describe('a list of integers of a model for any size', () => {
  const fixed: Extent = { perImage: false, area: 0, row: 0, column: 0, rest: 3 };
  const batch: Extent = { ...fixed, perImage: true, rest: 1 };
  const area: Extent = { ...fixed, area: 1, rest: 0 };
  const sizes = { batch: 'batch', rows: 'rows', columns: 'columns' };

  it('is a constant where it does not depend on the size, and else is computed once', () => {
    const writer = new AnySizeWriter([[fixed], [batch, area], [batch, area], [batch]]);
    writer.sizesAre(sizes);
    writer.integers([3]);
    expect(writer.nodes).toEqual([]);
    const first = writer.integers([2, 15]);
    expect(writer.nodes.map(({ opType, input }) => [opType, input])).toEqual([
      ['Mul', ['rows', 'columns']],
      ['Concat', ['batch', writer.nodes[0]?.output[0]]],
    ]);
    expect(writer.integers([2, 15])).toBe(first);
    expect(writer.integers([2])).toBe('batch');
    expect(writer.nodes).toHaveLength(2);
    const body = new AnySizeBody([[fixed], [batch, area], [batch, area]]);
    body.sizesAre(sizes);
    body.integers([3]);
    expect(body.nodes.map(({ op }) => op)).toEqual(['Const']);
    const packed = body.integers([2, 15]);
    expect(body.nodes.at(-1)?.op).toBe('Pack');
    expect(body.integers([2, 15])).toBe(packed);
  });

  it('that was not taken down is an error of the program', () => {
    for (const written of [new AnySizeWriter([[fixed]]), new AnySizeBody([[fixed]])]) {
      // Before the sizes are known no list is counted.
      written.integers([5]);
      written.sizesAre(sizes);
      written.integers([3]);
      expect(() => written.integers([3])).toThrow('for any size has more lists than were taken down.');
    }
  });
});
