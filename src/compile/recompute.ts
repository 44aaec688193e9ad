/** Activation checkpointing on the graph: see src/program/sections.ts. */
import { LATER, SECTION_BEGINS } from '../program/sections.js';
import type { Graph, Node, Value } from './graph.js';
import { withoutDeadNodes } from './simplify.js';

/**
 * What the backward pass takes of a section's values is computed again, from what the section starts with, when the gradient comes
 * by: between forward and backward pass nothing of the section is kept. The last section, behind which no other begins, stays as
 * it is: its gradient comes right after it. To be called when equal nodes have been merged: here they are wanted twice.
 */
export function recompute(graph: Graph): Graph {
  const begins = graph.nodes.filter(({ op }) => op === SECTION_BEGINS);
  if (begins.length === 0) return graph;
  const copiesBefore = new Map<Node, readonly Node[]>();
  const standIns = new Map<Node, Map<Value, Value>>();
  for (const begin of begins) {
    const start = only(begin.outputs);
    const reached = valuesFrom(graph, start);
    const end = begins.find(({ inputs }) => only(inputs) !== start && reached.has(only(inputs)));
    if (end === undefined) continue;
    const beyond = valuesFrom(graph, only(end.outputs));
    const isInside = (value: Value) => reached.has(value) && !beyond.has(value);
    const takers = graph.nodes.filter((node) => node.outputs.some((value) => beyond.has(value)) && node !== end);
    const backward = takers.filter(({ inputs }) => inputs.some(isInside));
    const [first] = backward;
    const gradient = first?.inputs.find((value) => beyond.has(value));
    if (first === undefined || gradient === undefined) continue;
    const inside = graph.nodes.filter(({ op, outputs }) => op !== SECTION_BEGINS && outputs.some(isInside));
    const { nodes, values } = copyOf(inside, start, gradient);
    copiesBefore.set(first, nodes);
    for (const taker of backward) standIns.set(taker, new Map([...(standIns.get(taker) ?? []), ...values]));
  }
  const marked = new Map(begins.map(({ inputs, outputs }) => [only(outputs), only(inputs)]));
  const unmarked = (node: Node, standsFor?: ReadonlyMap<Value, Value>): Node => ({
    ...node,
    inputs: node.inputs.map((value) => standsFor?.get(value) ?? marked.get(value) ?? value),
  });
  return withoutDeadNodes({
    ...graph,
    nodes: graph.nodes.flatMap((node) => {
      if (node.op === SECTION_BEGINS) return [];
      const copies = copiesBefore.get(node) ?? [];
      return [...copies.map((copy) => unmarked(copy)), unmarked(node, standIns.get(node))];
    }),
  });
}

const only = <T>(items: readonly T[]): T => items[0] as T;

/** `start`, and all that is computed from it. */
function valuesFrom(graph: Graph, start: Value): ReadonlySet<Value> {
  const values = new Set([start]);
  for (const { inputs, outputs } of graph.nodes) {
    if (inputs.some((value) => values.has(value))) for (const value of outputs) values.add(value);
  }
  return values;
}

/** The nodes once more, from `start` when `gradient` is there; and which of their values stands for which of the first ones. */
function copyOf(nodes: readonly Node[], start: Value, gradient: Value) {
  const again: Value = { ...start };
  const values = new Map([[start, again]]);
  const later: Node = {
    op: LATER,
    inputs: [start, gradient],
    inputNames: ['x', 'after'],
    attributes: {},
    outputs: [again],
  };
  const copies = nodes.map((node): Node => {
    const inputs = node.inputs.map((value) => values.get(value) ?? value);
    const outputs = node.outputs.map((value): Value => ({ ...value }));
    node.outputs.forEach((value, i) => {
      values.set(value, outputs[i] as Value);
    });
    return { ...node, inputs, outputs };
  });
  return { nodes: [later, ...copies], values };
}
