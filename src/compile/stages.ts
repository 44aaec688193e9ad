/**
 * Cuts a graph that several devices run together where they have to agree. Between two stages the devices add up one vector
 * each, in which all tensors that are averaged there lie one after the other.
 */
import { type HostTensor, sizeOf } from '../program/program.js';
import { REPLICA_MEAN } from '../program/replicas.js';
import { type Graph, type Node, results, type Value } from './graph.js';

export interface Stage {
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<Value, HostTensor>;
  /** What it takes: of state, inputs, earlier stages' values and the sum before it. */
  readonly takes: readonly Value[];
  /** What it gives to later stages, to the sum behind it, and as results. */
  readonly gives: readonly Value[];
}

/** Between two stages: each device's `own` vector, and their `sum`. Absent after the last stage. */
export interface Sum {
  readonly own: Value;
  readonly sum: Value;
}

export interface StagedGraph {
  readonly stages: readonly Stage[];
  /** One between each two stages. */
  readonly sums: readonly Sum[];
}

/**
 * A graph without such means is one stage. What no mean depends on is computed as late as it is needed.
 * @param more values that the last stage gives beside the results
 */
export function stagesOf(graph: Graph, replicas: number, more: readonly Value[] = []): StagedGraph {
  const stageOf = assign(graph);
  const last = Math.max(0, ...graph.nodes.map((node) => stageOf(node)));
  const nodes: Node[][] = Array.from({ length: last + 1 }, () => []);
  const means: Node[][] = Array.from({ length: last }, () => []);
  for (const node of graph.nodes) {
    if (node.op === REPLICA_MEAN) means[stageOf(node) - 1]?.push(node);
    else nodes[stageOf(node)]?.push(node);
  }
  const constants = new Map(graph.constants);
  const sums = means.map((averaged, stage): Sum => {
    const inputs = averaged.map(({ inputs }) => inputs[0] as Value);
    const packed = pack(inputs);
    nodes[stage]?.push(...packed.nodes);
    const unpacked = unpack(
      averaged.map(({ outputs }) => outputs[0] as Value),
      replicas,
      constants,
    );
    nodes[stage + 1]?.unshift(...unpacked.nodes);
    return { own: packed.vector, sum: unpacked.vector };
  });
  return { sums, stages: close(new Set([...results(graph), ...more]), nodes, constants, sums) };
}

/** The stage of each node; that of a mean is the one after the sum. */
function assign(graph: Graph): (node: Node) => number {
  const earliest = new Map<Value, number>();
  for (const node of graph.nodes) {
    const ready = Math.max(0, ...node.inputs.map((value) => earliest.get(value) ?? 0));
    for (const value of node.outputs) earliest.set(value, node.op === REPLICA_MEAN ? ready + 1 : ready);
  }
  const last = Math.max(0, ...earliest.values());
  const latest = new Map<Value, number>();
  const stages = new Map<Node, number>();
  for (const node of graph.nodes.toReversed()) {
    const isMean = node.op === REPLICA_MEAN;
    // A mean comes as early as it can, that the devices may add up everything at once.
    const stage = isMean
      ? (earliest.get(node.outputs[0] as Value) as number)
      : Math.min(last, ...node.outputs.map((value) => latest.get(value) ?? last));
    stages.set(node, stage);
    for (const value of node.inputs) {
      latest.set(value, Math.min(latest.get(value) ?? last, isMean ? stage - 1 : stage));
    }
  }
  return (node) => stages.get(node) ?? 0;
}

/** Tensors, one after the other, as a vector. */
function pack(tensors: readonly Value[]): { readonly nodes: readonly Node[]; readonly vector: Value } {
  const flat = tensors.map((tensor): Value => ({ shape: [sizeOf(tensor.shape)], type: tensor.type }));
  const flatten = flat.map((value, i) => reshape(tensors[i] as Value, value));
  const [only, ...others] = flat;
  // TensorFlow joins two tensors at least.
  if (only !== undefined && others.length === 0) return { nodes: flatten, vector: only };
  const total = flat.reduce((sum, { shape }) => sum + (shape[0] as number), 0);
  const vector: Value = { shape: [total], type: 'float32' };
  const concat: Node = {
    op: 'Concat',
    inputs: flat,
    inputNames: flat.map((_, i) => String(i)),
    attributes: { axis: 0 },
    outputs: [vector],
  };
  return { nodes: [...flatten, concat], vector };
}

/** From the sum of such vectors the means of the tensors. */
function unpack(
  tensors: readonly Value[],
  replicas: number,
  constants: Map<Value, HostTensor>,
): { readonly nodes: readonly Node[]; readonly vector: Value } {
  const flat = tensors.map((tensor): Value => ({ shape: [sizeOf(tensor.shape)], type: tensor.type }));
  const sizes = flat.map(({ shape }) => shape[0] as number);
  const shape = [sizes.reduce((sum, size) => sum + size, 0)];
  const vector: Value = { shape, type: 'float32' };
  const share: Value = { shape: [], type: 'float32' };
  constants.set(share, { shape: [], dtype: 'float32', data: Float32Array.of(1 / replicas) });
  const mean: Value = { shape, type: 'float32' };
  const scale: Node = {
    op: 'Multiply',
    inputs: [vector, share],
    inputNames: ['a', 'b'],
    attributes: {},
    outputs: [mean],
  };
  const split: Node = {
    op: 'SplitV',
    inputs: [mean],
    inputNames: ['x'],
    attributes: { numOrSizeSplits: sizes, axis: 0 },
    outputs: flat,
  };
  return { nodes: [scale, split, ...flat.map((value, i) => reshape(value, tensors[i] as Value))], vector };
}

const reshape = (x: Value, out: Value): Node => ({
  op: 'Reshape',
  inputs: [x],
  inputNames: ['x'],
  attributes: { shape: [...out.shape] },
  outputs: [out],
});

/** Adds what the stages hand to each other. */
function close(
  wanted: ReadonlySet<Value>,
  nodes: readonly (readonly Node[])[],
  constants: ReadonlyMap<Value, HostTensor>,
  sums: readonly Sum[],
): Stage[] {
  const made = nodes.map((ofStage) => new Set(ofStage.flatMap(({ outputs }) => outputs)));
  const used = nodes.map((ofStage, stage) => {
    const values = new Set(ofStage.flatMap(({ inputs }) => inputs));
    // The last stage gives what no stage makes, too: state, inputs and constants that are results as they are.
    if (stage === nodes.length - 1) {
      for (const value of wanted) if (!made.some((outputs) => outputs.has(value))) values.add(value);
    }
    return values;
  });
  return nodes.map((ofStage, stage) => {
    const isLast = stage === nodes.length - 1;
    const own = made[stage] as ReadonlySet<Value>;
    const needed = used[stage] as ReadonlySet<Value>;
    const later = (value: Value): boolean => used.slice(stage + 1).some((values) => values.has(value));
    const passed = isLast ? [...wanted].filter((value) => needed.has(value) && !own.has(value)) : [];
    const given = [...own].filter((value) => wanted.has(value) || later(value) || sums[stage]?.own === value);
    return {
      nodes: ofStage,
      constants: new Map([...constants].filter(([value]) => needed.has(value))),
      takes: [...needed].filter((value) => !own.has(value) && !constants.has(value)),
      gives: [...new Set([...given, ...passed])],
    };
  });
}
