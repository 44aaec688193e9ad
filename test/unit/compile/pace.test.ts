import { describe, expect, it } from 'vitest';
import { type Graph, type Node, results, type Value } from '../../../src/compile/graph.js';
import type { TracedOp } from '../../../src/compile/kernels.js';
import { paceOf } from '../../../src/compile/pace.js';
import { simplify } from '../../../src/compile/simplify.js';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { vitOfDino } from '../../../src/method/backbones/vit/lineages.js';
import { trainingStep } from '../../../src/method/trainingStep.js';
import { type Program, sizeOf } from '../../../src/program/program.js';

/** Deep and wide enough that weights count. */
const step = trainingStep({
  network: {
    backbone: {
      kind: 'vit',
      ...vitOfDino({ patchSize: 4, inChans: 3, imageSize: 16, embedDim: 32, depth: 6, numHeads: 2 }),
    },
    head: { inDim: 32, hiddenDim: 64, bottleneckDim: 16, outDim: 256, normLastLayer: true, batchNorm: false },
  },
  batchSize: 2,
  calls: 1,
  localCropsNumber: 2,
  localSize: 8,
  dropPath: true,
  studentTemp: 0.1,
  centerMomentum: 0.9,
  clipGrad: 3,
  optimizer: 'adamw',
});

async function graphOf(program: Program): Promise<Graph> {
  const traced = await trace(program);
  await useCpuBackend();
  return simplify(traced);
}

const producersOf = ({ nodes }: Graph) =>
  new Map(nodes.flatMap((node) => node.outputs.map((value): [Value, Node] => [value, node])));

/** As an engine runs them that takes from the front of a queue of nodes that are ready. */
function asReady(graph: Graph, waits: ReadonlyMap<Node, Node>): Node[] {
  const producers = producersOf(graph);
  const missing = new Map<Node, Set<Node>>();
  const followers = new Map<Node, Node[]>();
  for (const node of graph.nodes) {
    const before = new Set([...node.inputs.map((value) => producers.get(value)), waits.get(node)]);
    before.delete(undefined);
    missing.set(node, before as Set<Node>);
    for (const other of before as Set<Node>) followers.set(other, [...(followers.get(other) ?? []), node]);
  }
  const queue = graph.nodes.filter((node) => missing.get(node)?.size === 0);
  for (const node of queue) {
    for (const follower of followers.get(node) ?? []) {
      const left = missing.get(follower);
      left?.delete(node);
      if (left?.size === 0) queue.push(follower);
    }
  }
  return queue;
}

/** The most elements that nodes in this order hold at once; what leaves the graph is held to the end. */
function mostHeld(graph: Graph, order: readonly Node[]): number {
  const kept = new Set(results(graph));
  const lastUse = new Map<Value, number>();
  order.forEach((node, place) => {
    for (const value of [...node.outputs, ...node.inputs]) lastUse.set(value, place);
  });
  const made = new Set<Value>();
  let [held, most] = [0, 0];
  order.forEach((node, place) => {
    for (const value of node.outputs) {
      made.add(value);
      held += sizeOf(value.shape);
    }
    most = Math.max(most, held);
    for (const value of new Set([...node.inputs, ...node.outputs])) {
      if (lastUse.get(value) === place && made.has(value) && !kept.has(value)) held -= sizeOf(value.shape);
    }
  });
  return most;
}

/** A chain of these ops, and one more node that was ready at the start. */
function chain(ops: readonly TracedOp[]): Node[] {
  const value = (): Value => ({ shape: [1], type: 'float32' });
  const node = (op: TracedOp, inputs: readonly Value[]): Node => ({
    op,
    inputs,
    inputNames: [],
    attributes: {},
    outputs: [value()],
  });
  const nodes: Node[] = [];
  for (const op of ops) nodes.push(node(op, nodes.at(-1)?.outputs ?? [value()]));
  nodes.push(node('Exp', [value()]));
  return nodes;
}

describe('The pace of a graph', () => {
  it('holds up what would run more than 64 places early, until 32 places before', () => {
    const nodes = chain(new Array<TracedOp>(100).fill('Neg'));
    expect(paceOf(nodes)).toEqual(new Map([[nodes[100], nodes[68]]]));
    // It is ready before the first: at place 63 that is 64 places early, at 64 one more.
    expect(paceOf(chain(new Array<TracedOp>(63).fill('Neg'))).size).toBe(0);
    const longer = chain(new Array<TracedOp>(64).fill('Neg'));
    expect(paceOf(longer)).toEqual(new Map([[longer[64], longer[32]]]));
  });

  it('counts from where the last of the inputs is there', () => {
    const nodes = chain(new Array<TracedOp>(100).fill('Neg'));
    const last = nodes[100] as Node;
    for (const [place, waits] of [
      [35, 1],
      [36, 0],
    ] as const) {
      // biome-ignore format: pairs
      const later = { ...last, inputs: [nodes[3]?.outputs[0] as Value, nodes[place]?.outputs[0] as Value] };
      expect(paceOf([...nodes.slice(0, 100), later]).size, `${place}`).toBe(waits);
    }
  });

  it('waits for none that engines join with the next, and for nothing where there is no other', () => {
    const joined: TracedOp[] = [
      'Neg',
      ...new Array<TracedOp>(80).fill('Linear'),
      ...new Array<TracedOp>(10).fill('Neg'),
    ];
    const nodes = chain(joined);
    expect(paceOf(nodes)).toEqual(new Map([[nodes[91], nodes[0]]]));
    expect(paceOf(chain(new Array<TracedOp>(100).fill('Add'))).size).toBe(0);
  });

  it('lets a node wait for an earlier one alone', async () => {
    const graph = await graphOf(step);
    const waits = paceOf(graph.nodes);
    const places = new Map(graph.nodes.map((node, place) => [node, place]));
    expect(waits.size).toBeGreaterThan(100);
    for (const [node, before] of waits) expect(places.get(before)).toBeLessThan(places.get(node) as number);
  });

  it('keeps an engine that runs what is ready about as small as one that follows the record', async () => {
    const graph = await graphOf(step);
    const waits = paceOf(graph.nodes);
    const order = asReady(graph, waits);
    expect(new Set(order).size).toBe(graph.nodes.length);
    const recorded = mostHeld(graph, graph.nodes);
    expect(mostHeld(graph, order)).toBeLessThan(1.05 * recorded);
    expect(mostHeld(graph, asReady(graph, new Map()))).toBeGreaterThan(1.2 * recorded);
  });
});
