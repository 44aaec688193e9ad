import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../src/compile/graph.js';
import { simplify } from '../../../src/compile/simplify.js';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { float32, type NamedTensors } from '../../../src/program/program.js';
import { BODIES, programOf, X } from './bodies.js';
import { interpret } from './interpret.js';

async function simplified(body: (x: tf.Tensor) => NamedTensors): Promise<{ traced: Graph; graph: Graph }> {
  const traced = await trace(programOf(body));
  await useCpuBackend();
  return { traced, graph: simplify(traced) };
}

const opsOf = async (body: (x: tf.Tensor) => tf.Tensor): Promise<string[]> =>
  (await simplified((x) => ({ y: body(x) }))).graph.nodes.map(({ op }) => op);

/** Bit for bit, but for the sign of a zero. */
const expectSame = (actual: ArrayLike<number> | undefined, wanted: ArrayLike<number> | undefined, what: string) =>
  expect(
    Array.from(actual ?? [], (value) => value + 0),
    what,
  ).toEqual(Array.from(wanted ?? [], (value) => value + 0));

describe('Simplification', () => {
  it('keeps the values bit by bit, whatever the op', async () => {
    const { traced, graph } = await simplified((x) =>
      Object.fromEntries(Object.entries(BODIES).map(([name, body]) => [name, body(x)])),
    );
    const [before, after] = [await interpret(traced, { x: X }), await interpret(graph, { x: X })];
    for (const name of Object.keys(BODIES)) expectSame(after[name], before[name], name);
    expect(graph.nodes.length).toBeLessThan(traced.nodes.length);
  });

  it('keeps the values bit by bit, whatever the chain of ops', async () => {
    const matrices = Object.keys(BODIES).filter((name) => !/fromNothing|inverse|log|rsqrt|reciprocal|cubed/.test(name));
    const chains = fc.array(fc.constantFrom(...matrices), { minLength: 2, maxLength: 6 });
    const numbers = fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: 6, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(chains, numbers, async (names, values) => {
        // Each takes the first six numbers of what came before as its x.
        const { traced, graph } = await simplified((x) => ({
          y: names.reduce((value, name) => {
            const flat = tf.reshape(value, [-1]);
            const six = flat.size < 6 ? tf.pad(flat as tf.Tensor1D, [[0, 6 - flat.size]]) : tf.slice(flat, [0], [6]);
            return (BODIES[name] as (x: tf.Tensor) => tf.Tensor)(tf.reshape(six, [2, 3]));
          }, x),
        }));
        const given = { x: Float32Array.from(values) };
        expectSame((await interpret(graph, given))['y'], (await interpret(traced, given))['y'], names.join());
      }),
      { numRuns: 60 },
    );
  });

  it('multiplies instead of dividing by powers of two alone, whose inverse is exact', async () => {
    for (const power of [2, 4, -8, 0.25, 2 ** -20])
      expect(await opsOf((x) => tf.div(x, power)), `${power}`).toEqual(['Multiply']);
    for (const other of [3, 6, 0.1, -5, 0, 1.5])
      expect(await opsOf((x) => tf.div(x, other)), `${other}`).toEqual(['RealDiv']);
    expect(await opsOf((x) => tf.div(2, x))).toEqual(['RealDiv']);
    expect(await opsOf((x) => tf.div(x, tf.tensor1d([2, 4, 8])))).toEqual(['RealDiv']);
  });

  it.each([
    'clone',
    'addNothing',
    'timesOne',
    'reshapeBack',
    'transposeBack',
    'sliceWhole',
    'padNothing',
    'concatOfOne',
    'sumOfUnitsKept',
  ])('drops what does nothing: %s', async (name) => {
    const ops = await opsOf(BODIES[name] as (x: tf.Tensor) => tf.Tensor);
    expect(ops.filter((op) => op !== 'Reshape')).toEqual(['Neg']);
  });

  it.each<[string, string[]]>([
    ['casts', ['Cast', 'Cast']],
    ['shapeOfNothing', ['Add']],
    ['shapeOfOne', ['Multiply']],
    ['fromNothing', ['Sub']],
    ['inverse', ['RealDiv']],
    ['lopsidedFilling', ['Sum', 'Add']],
    ['slice', ['Slice']],
    ['pad', ['PadV2']],
    ['max', ['Max']],
    ['meanOfAll', ['Mean']],
    ['transpose', ['Transpose']],
    ['transposeAround', ['Reshape', 'Transpose']],
    ['unstack', ['Unpack', 'Pack']],
    ['cubed', ['Pow']],
    ['minusItself', ['Sub']],
    ['axes', ['BatchMatMul', 'Sum', 'Sum', 'Add']],
    ['oneNumberTwoShapes', ['Slice', 'Multiply', 'Multiply', 'Add']],
  ])('leaves what does something: %s', async (name, ops) => {
    expect(await opsOf(BODIES[name] as (x: tf.Tensor) => tf.Tensor)).toEqual(ops);
  });

  it.each<[string, string[]]>([
    ['reshapes', ['Reshape']],
    ['expandFirst', ['Reshape']],
    ['stackOfOne', ['Reshape']],
    ['unstackOfOne', ['Neg']],
    ['sumOfUnits', ['Neg']],
    ['meanOfUnits', ['Neg']],
    ['maxOfUnits', ['Neg']],
    ['transposeUnits', ['Reshape']],
    ['transposeThree', ['Neg', 'Multiply', 'Add', 'Pack', 'Transpose']],
    ['square', ['Multiply']],
    ['square2', ['Multiply']],
    ['constants', ['Add']],
    ['twins', ['Exp', 'Add', 'Multiply']],
    ['zerosLike', []],
    ['onesLike', []],
  ])('writes shorter what can be: %s', async (name, ops) => {
    const found = await opsOf(BODIES[name] as (x: tf.Tensor) => tf.Tensor);
    expect(found.filter((op) => !/Like$/.test(op))).toEqual(
      ops.length === 0 ? [name === 'zerosLike' ? 'Add' : 'Multiply'] : ops,
    );
  });

  it('says a number once that a constant says many times', async () => {
    for (const name of ['fillings', 'thirds', 'halves']) {
      const { graph } = await simplified((x) => ({ y: (BODIES[name] as (x: tf.Tensor) => tf.Tensor)(x) }));
      for (const { shape } of graph.constants.keys()) expect(shape, name).toEqual([]);
    }
    // Where it gives the result its shape it has to say them all.
    const { graph } = await simplified((x) => ({ y: tf.add(tf.fill([2, 3], 5), tf.sum(x, 0)) }));
    expect([...graph.constants.keys()].map(({ shape }) => shape)).toEqual([[2, 3]]);
  });

  it('merges equal constants when they are short, and never those of other shapes', async () => {
    const long = () => tf.tensor1d(Array.from({ length: 17 }, (_, i) => i));
    const short = () => tf.tensor1d(Array.from({ length: 16 }, (_, i) => i));
    const sums = (constant: () => tf.Tensor) =>
      opsOf((x) => tf.mul(tf.add(tf.sum(x), constant()), tf.add(tf.sum(x), constant())));
    expect(await sums(short)).toEqual(['Sum', 'Add', 'Multiply']);
    expect(await sums(long)).toEqual(['Sum', 'Add', 'Add', 'Multiply']);
  });

  it('leaves large constants to be made when they are needed', async () => {
    const ops = (rows: number) => opsOf((x) => tf.add(tf.sum(x), tf.max(tf.exp(tf.fill([rows, 1024], 2)), 0)));
    expect(await ops(1024)).toEqual(['Sum', 'Add']);
    expect(await ops(1025)).toEqual(['Sum', 'Fill', 'Exp', 'Max', 'Add']);
  });

  it('drops dead nodes, and constants that nothing needs', async () => {
    const { graph } = await simplified((x) => {
      tf.add(tf.log(x), 3);
      return { y: tf.add(tf.exp(x), 4) };
    });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Exp', 'Add']);
    expect([...graph.constants.values()].map(({ data }) => [...data])).toEqual([[4]]);
  });

  it('may leave nothing but the inputs themselves', async () => {
    const traced = await trace({
      name: 'test program',
      state: { total: float32(2) },
      inputs: { x: float32(2) },
      body: ({ total }, { x }) => ({
        state: { total: tf.mul(x as tf.Tensor, 1) },
        outputs: {
          y: tf.add(total as tf.Tensor, 0),
          halves: tf.add(...(tf.split(tf.exp(x as tf.Tensor), 2) as [tf.Tensor, tf.Tensor])),
        },
      }),
    });
    await useCpuBackend();
    const graph = simplify(traced);
    expect(graph.newState.get('total')).toBe(graph.inputs.get('x'));
    expect(graph.outputs.get('y')).toBe(graph.state.get('total'));
    expect([...graph.state.keys(), ...graph.inputs.keys()]).toEqual(['total', 'x']);
  });
});
