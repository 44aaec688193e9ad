/** What emitters write the nodes of an ONNX model with. */
import type { Node, Value } from '../graph.js';
import type { KernelAttributes } from '../kernels.js';
import type { OnnxAttribute, OnnxNode, OnnxTensor } from './schema.js';

export const int = (value: number): OnnxAttribute => ({ int: value });
export const ints = (values: readonly number[]): OnnxAttribute => ({ ints: values });
export const text = (value: string): OnnxAttribute => ({ string: value });
export const float = (value: number): OnnxAttribute => ({ float: value });

/** Collects the nodes of the model; names are made here. */
export class Writer {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  readonly #names = new Map<Value, string>();
  readonly #integers = new Map<string, string>();
  #count = 0;

  /** @param isPortable whether the model has no ops but ONNX's own, for any runtime; else ONNX Runtime's as well */
  constructor(readonly isPortable = false) {}

  name(value: Value): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const name = this.fresh();
    this.#names.set(value, name);
    return name;
  }

  call(value: Value, name: string): void {
    this.#names.set(value, name);
  }

  fresh(): string {
    return `v${this.#count++}`;
  }

  add(opType: string, input: readonly string[], output: readonly string[], attributes: OnnxNode['attributes'] = {}) {
    this.nodes.push({ opType, input, output, attributes });
  }

  /** An op of ONNX Runtime's own. */
  addContrib(
    opType: string,
    input: readonly string[],
    output: readonly string[],
    attributes: OnnxNode['attributes'] = {},
  ) {
    this.nodes.push({ opType, domain: 'com.microsoft', input, output, attributes });
  }

  /** Adds an op of one output, which gets a name of its own: returns it. */
  value(opType: string, input: readonly string[], attributes: OnnxNode['attributes'] = {}): string {
    const name = this.fresh();
    this.add(opType, input, [name], attributes);
    return name;
  }

  /** A constant list of integers (shapes, axes, bounds). */
  integers(values: readonly number[]): string {
    const key = values.join();
    const known = this.#integers.get(key);
    if (known !== undefined) return known;
    const name = this.fresh();
    this.initializers.push({ name, shape: [values.length], data: BigInt64Array.from(values, BigInt) });
    this.#integers.set(key, name);
    return name;
  }

  /** One number at every place, without a file full of it. */
  fill(name: string, { shape }: Value, value: number): void {
    this.add('Expand', [this.number(value), this.integers(shape)], [name]);
  }

  /** A constant number. */
  number(value: number): string {
    const name = this.fresh();
    this.initializers.push({ name, shape: [], data: Float32Array.of(value) });
    return name;
  }
}

interface Call {
  readonly node: Node<string>;
  readonly attributes: KernelAttributes;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly x: Value;
  readonly out: Value;
}

export type Emit = (writer: Writer, call: Call) => void;
