/**
 * A traced program: nodes in the order they were recorded, which is a topological one. Ops and attributes are tfjs's kernels',
 * so that any node can also be run by any tfjs backend.
 */
import type { DType, HostTensor } from '../program/program.js';
import type { KernelAttributes, TracedOp } from './kernels.js';

export type ValueType = DType | 'bool';

/** What one output of one node (or an input, or a constant) holds. Compared by identity. */
export interface Value {
  readonly shape: readonly number[];
  readonly type: ValueType;
}

export interface Node<Op extends string = TracedOp> {
  readonly op: Op;
  /** In the order of the kernel's own names for them. */
  readonly inputs: readonly Value[];
  /** tfjs's names of the inputs, for running the node by a tfjs kernel. */
  readonly inputNames: readonly string[];
  /** Those that its op has. */
  readonly attributes: Partial<KernelAttributes>;
  readonly outputs: readonly Value[];
}

export interface Graph<Op extends string = TracedOp> {
  /** State and call inputs, by their name in the program. */
  readonly state: ReadonlyMap<string, Value>;
  readonly inputs: ReadonlyMap<string, Value>;
  readonly constants: ReadonlyMap<Value, HostTensor>;
  readonly nodes: readonly Node<Op>[];
  readonly newState: ReadonlyMap<string, Value>;
  readonly outputs: ReadonlyMap<string, Value>;
}

/** All values that leave the graph. */
export const results = (graph: Pick<Graph, 'newState' | 'outputs'>): Value[] => [
  ...graph.newState.values(),
  ...graph.outputs.values(),
];

/** The node that gives each value; none gives the state, an input or a constant. */
export const makersIn = <Op extends string>({ nodes }: Pick<Graph<Op>, 'nodes'>): Map<Value, Node<Op>> =>
  new Map(nodes.flatMap((node) => node.outputs.map((value) => [value, node] as const)));

/** The nodes that take each value, once for each time that they take it. */
export function takersIn<Op extends string>({ nodes }: Pick<Graph<Op>, 'nodes'>): Map<Value, Node<Op>[]> {
  const takers = new Map<Value, Node<Op>[]>();
  for (const node of nodes) {
    for (const value of node.inputs) {
      const known = takers.get(value);
      if (known) known.push(node);
      else takers.set(value, [node]);
    }
  }
  return takers;
}
