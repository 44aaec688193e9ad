/**
 * What a program does to its state element by element when all else is computed, such as an optimizer's update and a moving average: taken
 * out of its graph, so that one pass over memory makes it, in place. As nodes of a graph it would be a pass for each product and sum.
 */
import { z } from 'zod';
import { sizeOf } from '../program/program.js';
import { type Graph, makersIn, type Node, takersIn, type Value } from './graph.js';
import type { TracedOp } from './kernels.js';
import { withoutDeadNodes } from './simplify.js';

const ELEMENTWISE_OPS = ['Add', 'Sub', 'Multiply', 'RealDiv', 'Sqrt', 'Minimum'] as const satisfies TracedOp[];
export type ElementwiseOp = (typeof ELEMENTWISE_OPS)[number];

const place = z.int().nonnegative();

/**
 * What is done to the elements of some tensors, one place after the other. Operands are counted through: tensors, numbers, constants, and
 * what each step gives.
 */
const kernelSchema = z.object({
  tensors: place,
  numbers: place,
  constants: z.array(z.number()),
  /** In order: none takes what a later one gives. */
  steps: z.array(z.object({ op: z.enum(ELEMENTWISE_OPS), operands: z.array(place) })),
  /** Which tensor gets which operand, when all steps are made. */
  stores: z.array(z.object({ tensor: place, operand: place })),
});

const updateSchema = z.object({
  kernel: place,
  /** Elements of each of its tensors. */
  size: place,
  /** The program's state of a name, or what the graph hands on. */
  tensors: z.array(z.union([z.object({ state: z.string() }), z.object({ handedOn: place })])),
  /** An input of the program, or what the graph hands on. */
  numbers: z.array(z.union([z.object({ input: z.string() }), z.object({ handedOn: place })])),
});

export const stateUpdatesSchema = z.object({ kernels: z.array(kernelSchema), updates: z.array(updateSchema) });

export type UpdateKernel = Readonly<z.infer<typeof kernelSchema>>;
export type StateUpdate = Readonly<z.infer<typeof updateSchema>>;
export type StateUpdates = Readonly<z.infer<typeof stateUpdatesSchema>>;

/** Tensors of an update lie in one memory of WebAssembly, which has addresses of 32 bits. */
const LARGEST_BYTES = 2 ** 32 - 2 ** 24;

export interface SplitGraph {
  /** Without the updates: its new state has only what is not updated so. */
  readonly graph: Graph;
  /** Values of the graph that the updates take, beside its results. */
  readonly handedOn: readonly Value[];
  readonly updates: StateUpdates;
}

/** The graph without its updates, to be run first, and the updates, which take what it has computed. */
export function splitStateUpdates(graph: Graph): SplitGraph {
  const origins = originsIn(graph);
  const groups = groupsOf(updatingNodes(graph, origins), origins).filter(
    (group) => bytesOf(tensorsOf(group, origins)) <= LARGEST_BYTES,
  );
  const taken = new Set(groups.flat());
  const updated = new Set(groups.flat().flatMap(({ outputs }) => outputs));
  const handedOn: Value[] = [];
  const handOn = (value: Value): number => {
    if (!handedOn.includes(value)) handedOn.push(value);
    return handedOn.indexOf(value);
  };
  const kernels = new Map<string, UpdateKernel>();
  const updates = groups.map((group): StateUpdate => {
    const { kernel, ...update } = updateOf(group, origins, handOn);
    const text = JSON.stringify(kernel);
    if (!kernels.has(text)) kernels.set(text, kernel);
    return { ...update, kernel: [...kernels.keys()].indexOf(text) };
  });
  const rest = {
    ...graph,
    nodes: graph.nodes.filter((node) => !taken.has(node)),
    newState: new Map([...graph.newState].filter(([, value]) => !updated.has(value))),
  };
  const left = withoutDeadNodes(rest, handedOn);
  // ONNX Runtime has no models without a node.
  if (left.nodes.length === 0) return { graph, handedOn: [], updates: { kernels: [], updates: [] } };
  return { graph: left, handedOn, updates: { kernels: [...kernels.values()], updates } };
}

/** Where a graph's values come from, and which of them become its state. */
interface Origins {
  readonly makers: ReadonlyMap<Value, Node>;
  readonly constants: Graph['constants'];
  /** Names of the state and of inputs. */
  readonly states: ReadonlyMap<Value, string>;
  readonly inputs: ReadonlyMap<Value, string>;
  /** The values that a new one replaces. */
  readonly replaced: ReadonlyMap<Value, readonly Value[]>;
}

function originsIn(graph: Graph): Origins {
  const replaced = new Map<Value, Value[]>();
  for (const [name, value] of graph.newState) {
    const old = graph.state.get(name);
    if (old) replaced.set(value, [...(replaced.get(value) ?? []), old]);
  }
  return {
    makers: makersIn(graph),
    constants: graph.constants,
    states: new Map([...graph.state].map(([name, value]) => [value, name])),
    inputs: new Map([...graph.inputs].map(([name, value]) => [value, name])),
    replaced,
  };
}

/** Whether updates take it as a number, and not as a tensor. */
export const isNumber = ({ shape }: Pick<Value, 'shape'>): boolean => sizeOf(shape) === 1;
const isElementwise = ({ op }: Node): boolean => ELEMENTWISE_OPS.some((elementwise) => elementwise === op);
const only = <T>(items: readonly T[]): T => items[0] as T;

/** Those that compute new state and nothing else, each element from those at the same place, and from numbers. */
function updatingNodes(graph: Graph, origins: Origins): Node[] {
  const takers = takersIn(graph);
  const given = new Set([...graph.inputs.values(), ...graph.constants.keys()]);
  const outputs = new Set(graph.outputs.values());
  const taken = new Set(graph.nodes.filter(isElementwise));

  const isUpdating = (node: Node, writtenByGraph: ReadonlySet<Value>): boolean => {
    const out = only(node.outputs);
    return (
      out.type === 'float32' &&
      !isNumber(out) &&
      !outputs.has(out) &&
      (takers.get(out) ?? []).every((taker) => taken.has(taker)) &&
      node.inputs.every((value) => {
        if (isNumber(value)) return isUsableNumber(value, origins);
        return (
          value.type === 'float32' &&
          sizeOf(value.shape) === sizeOf(out.shape) &&
          !given.has(value) &&
          !writtenByGraph.has(value)
        );
      })
    );
  };
  for (let before = -1; before !== taken.size; ) {
    before = taken.size;
    const writtenByGraph = new Set(
      [...origins.replaced].flatMap(([value, old]) => {
        const maker = origins.makers.get(value);
        return maker && taken.has(maker) ? [] : old.filter((state) => state !== value);
      }),
    );
    for (const node of graph.nodes.toReversed()) if (!isUpdating(node, writtenByGraph)) taken.delete(node);
  }
  return graph.nodes.filter((node) => taken.has(node));
}

/** Numbers of the state may have changed before the update, and JSON has no infinite ones. */
const isUsableNumber = (value: Value, { states, constants }: Origins): boolean =>
  value.type === 'float32' && !states.has(value) && Number.isFinite(constants.get(value)?.data[0] ?? 0);

/**
 * Nodes that have a tensor in common, directly or by others, belong together, and those that replace a tensor belong to those that read it:
 * an update reads before it writes, and a tensor lies in one place.
 */
function groupsOf(nodes: readonly Node[], { replaced }: Origins): Node[][] {
  const groupOf = new Map<Value, Node[]>();
  const tensorsAt = ({ inputs, outputs }: Node): Value[] =>
    [...inputs, ...outputs, ...outputs.flatMap((value) => replaced.get(value) ?? [])].filter(
      (value) => !isNumber(value),
    );
  for (const node of nodes) {
    const joined = new Set(tensorsAt(node).flatMap((value) => [groupOf.get(value) ?? []]));
    const group = [...[...joined].flat(), node];
    for (const value of group.flatMap(tensorsAt)) groupOf.set(value, group);
  }
  const order = new Map(nodes.map((node, i) => [node, i]));
  const placeOf = (node: Node): number => order.get(node) as number;
  return [...new Set(groupOf.values())].map((group) => group.toSorted((a, b) => placeOf(a) - placeOf(b)));
}

/** What a group takes from outside, and the state that it replaces. */
function tensorsOf(group: readonly Node[], { replaced }: Origins): Set<Value> {
  const made = new Set(group.flatMap(({ outputs }) => outputs));
  const taken = group.flatMap(({ inputs }) => inputs.filter((value) => !isNumber(value) && !made.has(value)));
  return new Set([...taken, ...[...made].flatMap((value) => replaced.get(value) ?? [])]);
}

const bytesOf = (tensors: ReadonlySet<Value>): number =>
  [...tensors].reduce((sum, { shape }) => sum + Float32Array.BYTES_PER_ELEMENT * sizeOf(shape), 0);

/** What a group of nodes makes of the state, and the kernel that does it. */
function updateOf(group: readonly Node[], origins: Origins, handOn: (value: Value) => number) {
  const { states, inputs, constants, replaced } = origins;
  const tensors = tensorsOf(group, origins);
  const numbers = numbersOf(group, origins);
  const nodes = [...numbers.nodes, ...group];
  const operands = [...tensors, ...numbers.given, ...numbers.constants, ...nodes.map(({ outputs }) => only(outputs))];
  const operandOf = new Map(operands.map((value, i) => [value, i]));
  const numberOf = (value: Value): number => operandOf.get(value) as number;
  const kernel: UpdateKernel = {
    tensors: tensors.size,
    numbers: numbers.given.size,
    constants: [...numbers.constants].map((value) => constants.get(value)?.data[0] as number),
    steps: nodes.map(({ op, inputs }) => ({ op: op as ElementwiseOp, operands: inputs.map(numberOf) })),
    stores: group.flatMap(({ outputs }) => {
      const value = only(outputs);
      return (replaced.get(value) ?? []).map((state) => ({ tensor: numberOf(state), operand: numberOf(value) }));
    }),
  };
  return {
    kernel,
    size: sizeOf(only(only(group).outputs).shape),
    tensors: [...tensors].map((value) => {
      const state = states.get(value);
      return state === undefined ? { handedOn: handOn(value) } : { state };
    }),
    numbers: [...numbers.given].map((value) => {
      const input = inputs.get(value);
      return input === undefined ? { handedOn: handOn(value) } : { input };
    }),
  };
}

/** The numbers that a group takes, and the nodes that make them, as far as a kernel can compute them as well. */
function numbersOf(group: readonly Node[], origins: Origins) {
  const nodes = new Set<Node>();
  const given = new Set<Value>();
  const constants = new Set<Value>();
  const visit = (value: Value): void => {
    const maker = origins.makers.get(value);
    if (origins.constants.has(value)) constants.add(value);
    else if (maker === undefined || !canBeComputed(maker)) given.add(value);
    else if (!nodes.has(maker)) {
      for (const from of maker.inputs) visit(from);
      nodes.add(maker);
    }
  };
  const canBeComputed = (maker: Node): boolean =>
    isElementwise(maker) && maker.inputs.every((from) => isNumber(from) && isUsableNumber(from, origins));
  for (const value of group.flatMap(({ inputs }) => inputs)) if (isNumber(value)) visit(value);
  return { nodes, given, constants };
}
