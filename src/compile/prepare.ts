/** What a program computes of its state alone, taken out of its graph: where the state never changes, it needs computing only once. */
import { type Graph, makersIn, type Node, type Value } from './graph.js';
import { withoutDeadNodes } from './simplify.js';

export interface PreparedGraph<Op extends string> {
  /** Gives what is prepared as its outputs 0, 1, and so on. Absent where there is nothing to prepare. */
  readonly preparation: Graph<Op> | undefined;
  /** What is left: it takes what is prepared, the state that it needs itself, and the inputs. */
  readonly graph: Graph<Op>;
  /** Values of that graph which the preparation gives, in its order. */
  readonly prepared: readonly Value[];
}

/** The whole graph, of which nothing is prepared. */
export const unprepared = <Op extends string>(graph: Graph<Op>): PreparedGraph<Op> => ({
  preparation: undefined,
  graph,
  prepared: [],
});

/** @param graph of a program that does not change its state */
export function splitPreparation<Op extends string>(graph: Graph<Op>): PreparedGraph<Op> {
  const makers = makersIn(graph);
  const ofState = nodesOfState(graph);
  const isOfState = (value: Value): boolean => {
    const maker = makers.get(value);
    return maker !== undefined && ofState.has(maker);
  };
  // What moves no data is done again each time: prepared, it would be a copy.
  const isKept = (node: Node<Op>): boolean => !ofState.has(node) || node.op === 'Reshape';
  const kept = withoutDeadNodes({ ...graph, nodes: graph.nodes.filter(isKept) });
  const taken = [...kept.nodes.flatMap(({ inputs }) => inputs), ...kept.outputs.values()];
  const prepared = [...new Set(taken)].filter((value) => isOfState(value) && !isKept(makers.get(value) as Node<Op>));
  // The runtime has no models without a node.
  if (prepared.length === 0 || kept.nodes.length === 0) return unprepared(graph);
  const outputs = new Map(prepared.map((value, place) => [`${place}`, value]));
  const preparation = withoutDeadNodes({ ...graph, inputs: new Map(), nodes: [...ofState], outputs });
  const needed = new Set(taken);
  const state = new Map([...graph.state].filter(([, value]) => needed.has(value)));
  return { preparation, graph: { ...kept, state }, prepared };
}

/** Those that take the state, or what such nodes make of it, and nothing else but constants. In the graph's order. */
function nodesOfState<Op extends string>({ nodes, state, constants }: Graph<Op>): ReadonlySet<Node<Op>> {
  const made = new Set<Value>(state.values());
  const found = new Set<Node<Op>>();
  for (const node of nodes) {
    const isOfState =
      node.inputs.some((value) => made.has(value)) &&
      node.inputs.every((value) => made.has(value) || constants.has(value));
    if (!isOfState) continue;
    found.add(node);
    for (const value of node.outputs) made.add(value);
  }
  return found;
}
