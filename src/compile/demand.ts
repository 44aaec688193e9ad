/** What running a traced program takes, told from its graph alone: nothing is computed. */
import { sizeOf } from '../program/program.js';
import { LATER } from '../program/sections.js';
import type { Graph, Node, Value } from './graph.js';

export interface Demand {
  /** Bytes of the state: weights, moments and the like. */
  readonly state: number;
  /** Most bytes that values beside the state take at once, when nodes run in the recorded order and a value goes with its last use. */
  readonly passing: number;
  /** Bytes of the largest value that a node makes. */
  readonly largest: number;
  /** Multiplications of matrix products and convolutions. */
  readonly multiplications: number;
}

/** An op whose output is its input under another shape takes no memory. */
const VIEWS: ReadonlySet<string> = new Set(['ExpandDims', 'Identity', LATER, 'Reshape']);

export const demandOf = (graph: Graph): Demand => ({
  state: [...graph.state.values()].reduce((sum, value) => sum + bytesOf(value), 0),
  passing: mostAtOnce(graph),
  largest: graph.nodes.reduce((most, { outputs }) => Math.max(most, ...outputs.map(bytesOf)), 0),
  multiplications: graph.nodes.reduce((sum, node) => sum + multiplicationsOf(node), 0),
});

const bytesOf = ({ shape, type }: Value): number => sizeOf(shape) * (type === 'bool' ? 1 : 4);

function mostAtOnce(graph: Graph): number {
  const owners = new Map<Value, Value>();
  const ownerOf = (value: Value): Value => owners.get(value) ?? value;
  for (const { op, inputs, outputs } of graph.nodes) {
    const [from, to] = [inputs[0], outputs[0]];
    if (VIEWS.has(op) && from !== undefined && to !== undefined) owners.set(to, ownerOf(from));
  }
  const lastUse = new Map<Value, number>();
  graph.nodes.forEach(({ inputs, outputs }, place) => {
    for (const value of [...inputs, ...outputs]) lastUse.set(ownerOf(value), place);
  });
  // A new state is written over the old one, or beside it: it is counted with the state.
  const lasting = new Set([...graph.newState.values()].map(ownerOf));
  const ends = new Map<number, Value[]>();
  for (const [value, place] of lastUse) ends.set(place, [...(ends.get(place) ?? []), value]);

  const held = new Set<Value>([...graph.inputs.values()]);
  let now = [...held].reduce((sum, value) => sum + bytesOf(value), 0);
  let most = now;
  graph.nodes.forEach(({ outputs }, place) => {
    for (const value of outputs) {
      if (ownerOf(value) !== value || lasting.has(value)) continue;
      held.add(value);
      now += bytesOf(value);
    }
    most = Math.max(most, now);
    for (const value of ends.get(place) ?? []) if (held.delete(value)) now -= bytesOf(value);
  });
  return most;
}

function multiplicationsOf({ op, inputs, outputs }: Node): number {
  const [first, second] = inputs;
  const [out] = outputs;
  if (first === undefined || second === undefined || out === undefined) return 0;
  switch (op) {
    case 'Linear':
      return sizeOf(out.shape) * (second.shape.at(-1) ?? 1);
    case 'BatchMatMul':
    case 'PreciseMatMul': {
      // [.., m, k] x [.., k, n], either of them possibly transposed: the product of both sizes has m, n and k twice.
      const [rows = 1, columns = 1] = out.shape.slice(-2);
      const batch = sizeOf(out.shape) / (rows * columns);
      return Math.sqrt((sizeOf(first.shape) / batch) * (sizeOf(second.shape) / batch) * rows * columns) * batch;
    }
    case 'Convolution':
      return sizeOf(out.shape) * (sizeOf(second.shape) / (second.shape[0] ?? 1));
    case 'ConvolutionInputGradient':
      // Each value of the gradient that comes in is spread over the filter.
      return sizeOf(first.shape) * (sizeOf(second.shape) / (second.shape[0] ?? 1));
    case 'ConvolutionFilterGradient':
      return (sizeOf(out.shape) * sizeOf(second.shape)) / (second.shape[1] ?? 1);
    default:
      return 0;
  }
}
