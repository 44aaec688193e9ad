/**
 * Ops of ONNX Runtime's own in place of several of a graph's, where nothing else needs what lies between them: a gradient does, so they
 * take the place of what a network computes without one, such as features and a teacher's targets.
 */
import type { HostTensor } from '../../program/program.js';
import { type Graph, makersIn, type Node, results, takersIn, type Value } from '../graph.js';
import type { KernelAttributes, TracedOp } from '../kernels.js';
import { withoutDeadNodes } from '../simplify.js';

/**
 * Attention: queries (with their scale), keys and values [batch, length, dim], and what is added to them [3 dim], give [batch, length,
 * dim]. BiasGelu: GELU of rows to which a bias is added.
 */
export type FusedOp = 'Attention' | 'BiasGelu';
export type OnnxOp = TracedOp | FusedOp;

/** @param more values that are wanted beside the results */
export function fuse(graph: Graph, more: readonly Value[] = []): Graph<OnnxOp> {
  const fusion = new Fusion(graph, more);
  for (const node of graph.nodes) {
    if (node.op === 'Softmax') fusion.fuseAttention(node);
    if (node.op === 'Multiply') fusion.fuseGelu(node);
  }
  return withoutDeadNodes(fusion.fused(), more);
}

const only = <T>(items: readonly T[]): T => items[0] as T;
const attributesOf = (node: Node): KernelAttributes => node.attributes as KernelAttributes;
const isProduct = (node: Node | undefined, transposesB: boolean): node is Node =>
  node?.op === 'BatchMatMul' &&
  attributesOf(node).transposeA !== true &&
  (attributesOf(node).transposeB === true) === transposesB;
const isTransposed = (node: Node | undefined, perm: readonly number[]): node is Node =>
  node?.op === 'Transpose' && attributesOf(node).perm.join() === perm.join();

class Fusion {
  readonly #graph: Graph;
  readonly #constants: Map<Value, HostTensor>;
  readonly #makers: Map<Value, Node>;
  readonly #takers: ReadonlyMap<Value, readonly Node[]>;
  readonly #wanted: ReadonlySet<Value>;
  /** What a node takes instead. */
  readonly #inputs = new Map<Node, readonly Value[]>();
  /** What comes right before a node. */
  readonly #before = new Map<Node, readonly Node<OnnxOp>[]>();
  /** What stands in a node's place. */
  readonly #standIns = new Map<Node, readonly Node<OnnxOp>[]>();

  constructor(graph: Graph, more: readonly Value[]) {
    this.#graph = graph;
    this.#constants = new Map(graph.constants);
    this.#makers = makersIn(graph);
    this.#takers = takersIn(graph);
    this.#wanted = new Set([...results(graph), ...more]);
  }

  fused(): Graph<OnnxOp> {
    return {
      ...this.#graph,
      constants: this.#constants,
      nodes: this.#graph.nodes.flatMap((node) => [
        ...(this.#before.get(node) ?? []),
        ...(this.#standIns.get(node) ?? [{ ...node, inputs: this.#inputsOf(node) }]),
      ]),
    };
  }

  /** softmax(q kᵀ) v, of a linear layer that gives queries, keys and values, with its heads merged. */
  fuseAttention(softmax: Node): void {
    const scores = this.#makerOf(only(softmax.inputs), softmax);
    const mixed = this.#takerOf(only(softmax.outputs));
    if (!isProduct(scores, true) || !isProduct(mixed, false) || only(mixed.inputs) !== only(softmax.outputs)) return;
    const merged = this.#takerOf(only(mixed.outputs));
    if (!isTransposed(merged, [0, 2, 1, 3])) return;
    const [query, key] = scores.inputs as [Value, Value];
    const value = mixed.inputs[1] as Value;
    const parts = this.#makerOf(query, scores);
    if (parts?.op !== 'Unpack' || parts.outputs.length !== 3 || attributesOf(parts).axis !== 0) return;
    if ([query, key, value].some((part, i) => parts.outputs[i] !== part)) return;
    if (this.#takerOf(key) !== scores || this.#takerOf(value) !== mixed) return;
    const byPart = this.#makerOf(only(parts.inputs), parts);
    if (!isTransposed(byPart, [2, 0, 3, 1, 4])) return;
    const split = this.#makerOf(only(byPart.inputs), byPart);
    const layer = split?.op === 'Reshape' ? this.#makerOf(only(split.inputs), split) : undefined;
    if (layer?.op !== 'Linear') return;
    const [batch, length, , heads, width] = only(byPart.inputs).shape as [number, number, number, number, number];
    const dim = heads * width;
    const [x, weight, bias] = this.#inputsOf(layer) as [Value, Value, Value];
    if (x.shape[0] !== batch * length || weight.shape[0] !== 3 * dim) return;
    const given = [0, 1, 2].map((part) => {
      const ofPart = nodeOf(
        'Slice',
        { x: weight },
        { begin: [part * dim, 0], size: [dim, weight.shape[1] as number] },
        [dim, weight.shape[1] as number],
      );
      const rows = nodeOf('BatchMatMul', { a: x, b: only(ofPart.outputs) }, { transposeA: false, transposeB: true }, [
        batch * length,
        dim,
      ]);
      return [ofPart, rows, nodeOf('Reshape', { x: only(rows.outputs) }, {}, [batch, length, dim])];
    });
    const [queries, keys, values] = given.map((nodes) => only((nodes.at(-1) as Node).outputs)) as [Value, Value, Value];
    const attention = nodeOf('Attention', { query: queries, key: keys, value: values, bias }, { heads }, [
      batch,
      length,
      dim,
    ]);
    const tokens = { ...nodeOf('Reshape', { x: only(attention.outputs) }, {}, []), outputs: merged.outputs };
    this.#standIns.set(merged, [...given.flat(), attention, tokens]);
  }

  /** u (1 + erf u) of a linear layer's u, which is √2 GELU(√2 u): the factors go into the layers before and after it. */
  fuseGelu(product: Node): void {
    const [u, cumulative] = product.inputs as [Value, Value];
    const sum = this.#makerOf(cumulative, product);
    const erf = sum?.op === 'Add' ? this.#makerOf(only(sum.inputs), sum) : undefined;
    if (erf?.op !== 'Erf' || only(erf.inputs) !== u || !this.#isNumber(sum?.inputs[1], 1)) return;
    if (only(product.outputs).shape.join() !== u.shape.join()) return;
    const layer = this.#makers.get(u);
    if (layer?.op !== 'Linear' || this.#takersOf(u).length !== 2) return;
    const [x, weight, bias] = this.#inputsOf(layer) as [Value, Value, Value];
    const scaledWeight = this.#scaled(weight, Math.SQRT2);
    const scaledBias = this.#scaled(bias, Math.SQRT2);
    const factors = { a: x, b: scaledWeight.value };
    const rows = nodeOf('BatchMatMul', factors, { transposeA: false, transposeB: true }, u.shape);
    const gelu = nodeOf('BiasGelu', { a: only(rows.outputs), b: scaledBias.value }, {}, u.shape);
    const before = [...scaledWeight.nodes, ...scaledBias.nodes, rows, gelu];
    const given = only(product.outputs);
    const next = this.#takerOf(given);
    if (next?.op === 'Linear' && only(next.inputs) === given) {
      const [, nextWeight, nextBias] = this.#inputsOf(next) as [Value, Value, Value];
      const scaled = this.#scaled(nextWeight, Math.SQRT2);
      this.#inputs.set(next, [only(gelu.outputs), scaled.value, nextBias]);
      this.#before.set(next, scaled.nodes);
      this.#standIns.set(product, before);
    } else {
      const factor = this.#number(Math.SQRT2);
      const multiplied = { ...nodeOf('Multiply', { a: only(gelu.outputs), b: factor }, {}, []), outputs: [given] };
      this.#standIns.set(product, [...before, multiplied]);
    }
  }

  #inputsOf(node: Node): readonly Value[] {
    return this.#inputs.get(node) ?? node.inputs;
  }

  /** The node that makes a value, where nothing else takes it than `taker`. */
  #makerOf(value: Value, taker: Node): Node | undefined {
    return this.#takerOf(value) === taker ? this.#makers.get(value) : undefined;
  }

  /** The node that alone takes a value. */
  #takerOf(value: Value): Node | undefined {
    const takers = this.#takersOf(value);
    return takers.length === 1 ? takers[0] : undefined;
  }

  /** All that take a value; none where it must be there for others, too. */
  #takersOf(value: Value): readonly Node[] {
    return this.#wanted.has(value) ? [] : (this.#takers.get(value) ?? []);
  }

  #isNumber(value: Value | undefined, number: number): boolean {
    const data = value && this.#constants.get(value)?.data;
    return data?.length === 1 && data[0] === number;
  }

  #number(number: number): Value {
    const value: Value = { shape: [], type: 'float32' };
    this.#constants.set(value, { shape: [], dtype: 'float32', data: Float32Array.of(number) });
    return value;
  }

  /** A value times a factor: of one that has a factor already, that factor is another. */
  #scaled(value: Value, by: number): { readonly value: Value; readonly nodes: readonly Node<OnnxOp>[] } {
    const maker = this.#makers.get(value);
    const [inner, number] = maker?.op === 'Multiply' ? maker.inputs : [];
    const data = number && number.shape.length === 0 ? this.#constants.get(number)?.data : undefined;
    const [x, factor] = inner && data ? [inner, Math.fround((data[0] as number) * by)] : [value, by];
    if (factor === 1) return { value: x, nodes: [] };
    const node = nodeOf('Multiply', { a: x, b: this.#number(factor) }, {}, value.shape);
    this.#makers.set(only(node.outputs), node);
    return { value: only(node.outputs), nodes: [node] };
  }
}

function nodeOf<Op extends OnnxOp>(
  op: Op,
  inputs: Readonly<Record<string, Value>>,
  attributes: Partial<KernelAttributes>,
  shape: readonly number[],
): Node<Op> {
  return {
    op,
    inputs: Object.values(inputs),
    inputNames: Object.keys(inputs),
    attributes,
    outputs: [{ shape, type: 'float32' }],
  };
}
