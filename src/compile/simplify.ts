/** Makes a traced graph small: what a person would not have written down is taken out again. */
import * as tf from '@tensorflow/tfjs-core';
import { type HostTensor, sizeOf } from '../program/program.js';
import { type Graph, type Node, results, type Value } from './graph.js';
import { axisOf, type KernelAttributes } from './kernels.js';

/** Constants larger than this many elements stay computed at run time: folding them would only make the model file big. */
const LARGEST_FOLDED = 1 << 20;

/** A graph under change: which value stands in for which. */
class Rewriter {
  readonly constants: Map<Value, HostTensor>;
  readonly #producers = new Map<Value, Node>();
  readonly #standIns = new Map<Value, Value>();

  constructor(graph: Graph) {
    this.constants = new Map(graph.constants);
  }

  /** The value that is used in place of `value`. */
  resolve(value: Value): Value {
    let found = value;
    for (let next = this.#standIns.get(found); next !== undefined; next = this.#standIns.get(found)) found = next;
    return found;
  }

  replace(value: Value, by: Value): void {
    if (value !== by) this.#standIns.set(value, by);
  }

  produce(node: Node): void {
    for (const output of node.outputs) this.#producers.set(output, node);
  }

  producer(value: Value): Node | undefined {
    return this.#producers.get(value);
  }

  /** The one number that a constant consists of, or undefined. */
  uniform(value: Value): number | undefined {
    const data = this.constants.get(value)?.data;
    const first = data?.[0];
    return data?.every((element) => element === first) ? first : undefined;
  }

  constant(shape: readonly number[], data: Float32Array | Int32Array): Value {
    const value: Value = { shape, type: data instanceof Float32Array ? 'float32' : 'int32' };
    this.constants.set(value, { shape, dtype: value.type as 'float32' | 'int32', data });
    return value;
  }
}

/** Rules look at one node whose inputs are resolved already, and say what stands for its outputs or what it becomes. */
type Outcome = { readonly values: readonly Value[] } | { readonly node: Node } | undefined;
type Rule = (node: Node, rewriter: Rewriter) => Outcome;

const attributesOf = (node: Node): KernelAttributes => node.attributes as KernelAttributes;
const only = <T>(items: readonly T[]): T => items[0] as T;
const sameShape = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((extent, i) => extent === b[i]);
const isIdentity = (perm: readonly number[]) => perm.every((axis, i) => axis === i);

/** Ops that hand their input on. */
const dropNoOps: Rule = ({ op, inputs, outputs, ...rest }) => {
  const x = only(inputs);
  const out = only(outputs);
  const { perm } = attributesOf({ op, inputs, outputs, ...rest });
  const isNoOp =
    op === 'Identity' ||
    (op === 'Cast' && x.type === out.type) ||
    (op === 'Reshape' && sameShape(x.shape, out.shape)) ||
    (op === 'Transpose' && isIdentity(perm)) ||
    ((op === 'Slice' || op === 'PadV2' || op === 'Sum' || op === 'Mean' || op === 'Max') &&
      sizeOf(x.shape) === sizeOf(out.shape) &&
      sameShape(x.shape, out.shape)) ||
    ((op === 'Concat' || op === 'AddN') && inputs.length === 1);
  return isNoOp ? { values: [x] } : undefined;
};

const reshapeNode = (x: Value, out: Value): Node => ({
  op: 'Reshape',
  inputs: [x],
  inputNames: ['x'],
  attributes: { shape: [...out.shape] },
  outputs: [out],
});

/** What moves no data is a Reshape, and of several in a row only the last counts. */
const mergeReshapes: Rule = (node, rewriter) => {
  const x = only(node.inputs);
  const out = only(node.outputs);
  const { perm, axis } = attributesOf(node);
  if (node.op === 'Reshape') {
    const before = rewriter.producer(x);
    return before?.op === 'Reshape' ? { node: reshapeNode(only(before.inputs), out) } : undefined;
  }
  if (node.op === 'ExpandDims') return { node: reshapeNode(x, out) };
  if (node.op === 'Pack' && node.inputs.length === 1) return { node: reshapeNode(x, out) };
  if (node.op === 'Unpack' && x.shape[axisOf(x.shape, axis)] === 1) return { node: reshapeNode(x, out) };
  if ((node.op === 'Sum' || node.op === 'Mean' || node.op === 'Max') && sizeOf(x.shape) === sizeOf(out.shape)) {
    return { node: reshapeNode(x, out) };
  }
  if (node.op === 'Transpose') {
    // Axes of extent 1 may move anywhere without moving an element.
    const moved = perm.filter((axis) => x.shape[axis] !== 1);
    if (moved.every((axis, i) => i === 0 || axis > (moved[i - 1] as number))) return { node: reshapeNode(x, out) };
    const before = rewriter.producer(x);
    if (before?.op === 'Transpose') {
      const first = attributesOf(before).perm;
      const attributes = { ...node.attributes, perm: perm.map((axis) => first[axis] as number) };
      return { node: { ...node, inputs: before.inputs, attributes } };
    }
  }
  return undefined;
};

/** x + 0, x * 1, x / c, and constants that are one number throughout. */
const simplifyArithmetic: Rule = (node, rewriter) => {
  const [a, b] = node.inputs;
  const out = only(node.outputs);
  if (a === undefined || b === undefined || out.type !== 'float32') return undefined;
  const [numberA, numberB] = [rewriter.uniform(a), rewriter.uniform(b)];
  const keeps = (x: Value) => sameShape(x.shape, out.shape);
  if (node.op === 'Add' && numberB === 0 && keeps(a)) return { values: [a] };
  if (node.op === 'Add' && numberA === 0 && keeps(b)) return { values: [b] };
  if (node.op === 'Sub' && numberB === 0 && keeps(a)) return { values: [a] };
  if ((node.op === 'Multiply' || node.op === 'RealDiv') && numberB === 1 && keeps(a)) return { values: [a] };
  if (node.op === 'Multiply' && numberA === 1 && keeps(b)) return { values: [b] };
  // A power of two divides as exactly as its inverse multiplies, and a product is cheaper.
  if (node.op === 'RealDiv' && numberB !== undefined && Number.isInteger(Math.log2(Math.abs(numberB)))) {
    const inverse = rewriter.constant([], Float32Array.of(1 / numberB));
    return { node: { ...node, op: 'Multiply', inputs: [a, inverse] } };
  }
  // A constant that says one number many times says it once, if the other operand gives the shape.
  if (numberB !== undefined && b.shape.length > 0 && keeps(a)) {
    return { node: { ...node, inputs: [a, rewriter.constant([], Float32Array.of(numberB))] } };
  }
  if (numberA !== undefined && a.shape.length > 0 && keeps(b)) {
    return { node: { ...node, inputs: [rewriter.constant([], Float32Array.of(numberA)), b] } };
  }
  return undefined;
};

/** Squares as products: engines' general powers are slow. */
const spellOut: Rule = (node, rewriter) => {
  const [x, exponent] = node.inputs;
  const isSquare = node.op === 'Square' || (node.op === 'Pow' && exponent && rewriter.uniform(exponent) === 2);
  if (x === undefined || !isSquare) return undefined;
  return { node: { ...node, op: 'Multiply', inputs: [x, x], inputNames: ['a', 'b'], attributes: {} } };
};

/** A node of constants is computed here, by tfjs's own kernel. Needs a computing backend to be set. */
const foldConstants: Rule = (node, rewriter) => {
  const constants = node.inputs.map((value) => rewriter.constants.get(value));
  const foldable =
    constants.every((constant) => constant !== undefined) &&
    node.outputs.every(({ shape, type }) => type !== 'bool' && sizeOf(shape) <= LARGEST_FOLDED) &&
    tf.getKernel(node.op, tf.getBackend()) !== undefined;
  if (!foldable) return undefined;
  let values: Value[] = [];
  tf.tidy(() => {
    const tensors = (constants as HostTensor[]).map(({ data, shape, dtype }) => tf.tensor(data, [...shape], dtype));
    // A kernel that takes a list calls its inputs 0, 1, and so on.
    const named = Object.fromEntries(node.inputNames.map((name, i) => [name, tensors[i] as tf.Tensor]));
    const inputs = node.inputNames[0] === '0' ? (tensors as unknown as typeof named) : named;
    const made: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(node.op, inputs, { ...node.attributes } as never);
    const outputs = Array.isArray(made) ? made : [made];
    values = outputs.map((tensor, i) =>
      rewriter.constant((node.outputs[i] as Value).shape, tensor.dataSync().slice() as Float32Array | Int32Array),
    );
  });
  return { values };
};

const RULES: readonly Rule[] = [dropNoOps, mergeReshapes, spellOut, simplifyArithmetic, foldConstants];

/**
 * No-op casts, reshapes and transposes dropped or merged, constants folded, equal nodes merged, dead ones dropped.
 * The result computes the same values; only `x / 2^n` and `x²` are written as products.
 */
export function simplify(graph: Graph): Graph {
  const rewriter = new Rewriter(graph);
  const seen = new Map<string, Node>();
  const identities = new Map<Value | string, number>();
  const identity = (value: Value): number => {
    const constant = rewriter.constants.get(value);
    const key =
      constant !== undefined && constant.data.length <= 16
        ? `${value.type}[${constant.shape}]${constant.data.join()}`
        : value;
    const known = identities.get(key) ?? identities.size;
    identities.set(key, known);
    return known;
  };

  const nodes: Node[] = [];
  for (const original of graph.nodes) {
    let node: Node | undefined = { ...original, inputs: original.inputs.map((value) => rewriter.resolve(value)) };
    for (let changed = true; changed && node !== undefined; ) {
      changed = false;
      for (const rule of RULES) {
        const outcome: Outcome = rule(node, rewriter);
        if (outcome === undefined) continue;
        if ('values' in outcome) {
          original.outputs.forEach((value, i) => {
            rewriter.replace(value, rewriter.resolve(outcome.values[i] as Value));
          });
          node = undefined;
        } else {
          node = outcome.node;
          changed = true;
        }
        break;
      }
    }
    if (node === undefined) continue;
    const signature = `${node.op}(${node.inputs.map(identity).join()})${JSON.stringify(node.attributes)}`;
    const twin = seen.get(signature);
    if (twin !== undefined) {
      node.outputs.forEach((value, i) => {
        rewriter.replace(value, twin.outputs[i] as Value);
      });
      continue;
    }
    seen.set(signature, node);
    rewriter.produce(node);
    nodes.push(node);
  }

  const resolved = (values: ReadonlyMap<string, Value>) =>
    new Map([...values].map(([name, value]) => [name, rewriter.resolve(value)]));
  return withoutDeadNodes({
    state: graph.state,
    inputs: graph.inputs,
    constants: rewriter.constants,
    nodes,
    newState: resolved(graph.newState),
    outputs: resolved(graph.outputs),
  });
}

/**
 * Nodes and constants that no result needs, dropped.
 * @param more values that are wanted beside the results
 */
export function withoutDeadNodes<Op extends string>(graph: Graph<Op>, more: readonly Value[] = []): Graph<Op> {
  const needed = new Set<Value>([...results(graph), ...more]);
  const nodes: Node<Op>[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((value) => needed.has(value))) continue;
    for (const value of node.inputs) needed.add(value);
    nodes.push(node);
  }
  const constants = new Map([...graph.constants].filter(([value]) => needed.has(value)));
  return { ...graph, nodes: nodes.reverse(), constants };
}
