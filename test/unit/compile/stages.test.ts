import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Graph, Value } from '../../../src/compile/graph.js';
import { simplify } from '../../../src/compile/simplify.js';
import { type StagedGraph, stagesOf } from '../../../src/compile/stages.js';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { float32, type NamedTensors, type Program } from '../../../src/program/program.js';
import { meanOverReplicas } from '../../../src/program/replicas.js';
import { interpret } from './interpret.js';

const program = (
  body: (x: tf.Tensor, total: tf.Tensor) => NamedTensors,
  newTotal?: (x: tf.Tensor, total: tf.Tensor) => tf.Tensor,
): Program => ({
  name: 'test program',
  state: { total: float32(2), kept: float32() },
  inputs: { x: float32(2, 2) },
  body: ({ total }, { x }) => ({
    state: newTotal ? { total: newTotal(x as tf.Tensor, total as tf.Tensor) } : {},
    outputs: body(x as tf.Tensor, total as tf.Tensor),
  }),
});

async function graphOf(of: Program): Promise<Graph> {
  const traced = await trace(of);
  await useCpuBackend();
  return simplify(traced);
}

/** Each device by itself, stage by stage; between two stages their vectors are added up. */
async function runStages(
  graph: Graph,
  { stages, sums }: StagedGraph,
  given: readonly Readonly<Record<string, Float32Array>>[],
) {
  const known = given.map(
    (inputs) =>
      new Map<Value, Float32Array>(
        [...graph.inputs, ...graph.state].map(([name, value]) => [value, inputs[name] as Float32Array]),
      ),
  );
  for (const [index, stage] of stages.entries()) {
    for (const values of known) {
      const inputs = new Map(stage.takes.map((value, i) => [`take ${i}`, value]));
      const outputs = new Map(stage.gives.map((value, i) => [`give ${i}`, value]));
      const part: Graph = {
        state: new Map(),
        inputs,
        constants: stage.constants,
        nodes: stage.nodes,
        newState: new Map(),
        outputs,
      };
      const made = await interpret(
        part,
        Object.fromEntries([...inputs].map(([name, value]) => [name, values.get(value) as Float32Array])),
      );
      for (const [name, value] of outputs) values.set(value, made[name] as Float32Array);
    }
    const sum = sums[index];
    if (sum === undefined) continue;
    const own = known.map((values) => values.get(sum.own) as Float32Array);
    const total = (own[0] as Float32Array).map((_, i) =>
      own.reduce((whole, vector) => whole + (vector[i] as number), 0),
    );
    for (const values of known) values.set(sum.sum, total);
  }
  const results = (of: ReadonlyMap<string, Value>, values: ReadonlyMap<Value, Float32Array>) =>
    Object.fromEntries([...of].map(([name, value]) => [name, [...(values.get(value) as Float32Array)]]));
  return known.map((values) => ({ ...results(graph.outputs, values), ...results(graph.newState, values) }));
}

const inputs = [
  { x: Float32Array.of(1, 2, 3, 4), total: Float32Array.of(10, 20), kept: Float32Array.of(7) },
  { x: Float32Array.of(5, 6, 7, 8), total: Float32Array.of(10, 20), kept: Float32Array.of(7) },
];

/** Two means in a row, the first of two tensors, and things that need none of them. */
const inTurn = program(
  (x, total) => {
    const columns = meanOverReplicas(tf.sum(x, 0));
    const largest = meanOverReplicas(tf.max(x));
    const scaled = tf.mul(tf.mul(x, columns), largest);
    const mean = meanOverReplicas(tf.sum(scaled));
    return { mean, late: tf.add(tf.square(x), mean), early: tf.neg(x), columns, untouched: total };
  },
  (x, total) => tf.add(total, meanOverReplicas(tf.sum(x, 1))),
);

describe('The stages of a graph', () => {
  it('give every device the means of all', async () => {
    const graph = await graphOf(inTurn);
    const staged = stagesOf(graph, 2);
    expect(staged.stages).toHaveLength(3);
    expect(staged.sums).toHaveLength(2);
    const [first, second] = await runStages(graph, staged, inputs);
    // The columns' sums are [4, 6] and [12, 14], the largest 4 and 8; the sums of x * [8, 10] * 6 are 552 and 1416.
    const mean = (552 + 1416) / 2;
    expect(first).toEqual({
      mean: [mean],
      late: [1, 4, 9, 16].map((square) => square + mean),
      early: [-1, -2, -3, -4],
      columns: [8, 10],
      untouched: [10, 20],
      // (3 + 11) / 2 and (7 + 15) / 2
      total: [17, 31],
    });
    expect(second).toEqual({
      ...first,
      late: [25, 36, 49, 64].map((square) => square + mean),
      early: [-5, -6, -7, -8],
    });
  });

  it('are one where there is nothing to agree on', async () => {
    const graph = await graphOf(program((x) => ({ y: tf.neg(x) })));
    const staged = stagesOf(graph, 2);
    expect([staged.stages.length, staged.sums]).toEqual([1, []]);
    expect(staged.stages[0]?.nodes).toEqual(graph.nodes);
    expect((await runStages(graph, staged, inputs))[1]).toEqual({ y: [-5, -6, -7, -8] });
  });

  it('add up once for all means that can be had together', async () => {
    const graph = await graphOf(
      program((x) => ({
        a: meanOverReplicas(tf.sum(x)),
        b: meanOverReplicas(tf.neg(x)),
        c: meanOverReplicas(tf.max(x, 1)),
      })),
    );
    const { stages, sums } = stagesOf(graph, 2);
    expect([stages.length, sums.length]).toEqual([2, 1]);
    expect(sums[0]?.own.shape).toEqual([1 + 4 + 2]);
    expect(sums[0]?.sum.shape).toEqual([1 + 4 + 2]);
    expect(await runStages(graph, { stages, sums }, inputs)).toEqual([
      { a: [18], b: [-3, -4, -5, -6], c: [4, 6] },
      { a: [18], b: [-3, -4, -5, -6], c: [4, 6] },
    ]);
  });

  it('join no vector of a single tensor', async () => {
    const { stages } = stagesOf(await graphOf(inTurn), 2);
    const joins = stages.map(({ nodes }) =>
      nodes.filter(({ op }) => op === 'Concat').map(({ inputs }) => inputs.length),
    );
    expect(joins).toEqual([[3], [], []]);
  });

  it('take nothing that was not given before, and compute as late as they can', async () => {
    const graph = await graphOf(inTurn);
    const { stages, sums } = stagesOf(graph, 2);
    const known = new Set<Value>([...graph.inputs.values(), ...graph.state.values()]);
    for (const [index, { nodes, takes, gives, constants }] of stages.entries()) {
      for (const value of takes) expect(known).toContain(value);
      const inside = new Set<Value>([...takes, ...constants.keys()]);
      for (const { inputs, outputs } of nodes) {
        for (const value of inputs) expect(inside).toContain(value);
        for (const value of outputs) inside.add(value);
      }
      for (const value of gives) expect(inside).toContain(value);
      for (const value of gives) known.add(value);
      const sum = sums[index];
      if (sum === undefined) continue;
      expect(gives).toContain(sum.own);
      known.add(sum.sum);
      expect(stages[index + 1]?.takes).toContain(sum.sum);
    }
    // The squares are not needed before the last mean is there, the negation nowhere.
    const stageOf = (op: string) => stages.findIndex(({ nodes }) => nodes.some((node) => node.op === op));
    expect(stageOf('Neg')).toBe(2);
    expect(
      stages.map(({ nodes }) => nodes.filter(({ op, inputs: [a, b] }) => op === 'Multiply' && a === b).length),
    ).toEqual([0, 0, 1]);
    // Nothing is handed on that nobody needs.
    const results = new Set([...graph.outputs.values(), ...graph.newState.values()]);
    stages.forEach(({ gives }, index) => {
      for (const value of gives) {
        const later = stages.slice(index + 1).some(({ takes }) => takes.includes(value));
        expect(later || results.has(value) || sums[index]?.own === value).toBe(true);
      }
      expect(new Set(gives).size).toBe(gives.length);
    });
  });
});
