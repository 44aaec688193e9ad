/** What emitters write the nodes of a TensorFlow function with. */
import type { Node, Value } from '../graph.js';
import type { KernelAttributes } from '../kernels.js';
import type { TensorFlowAttribute, TensorFlowAttributes, TensorFlowNode, TensorFlowType } from './schema.js';

export const typeOf = (type: TensorFlowType): TensorFlowAttribute => ({ type });
export const INT32 = typeOf('int32');

/**
 * What matrices are multiplied in. In `rounded float32` TensorFlow's library for processors rounds the factors itself, as it reads them
 * (`setEnvironment` has told it so): as bfloat16, but without a pass over each factor and each product. It does so for stacks of matrices
 * and for convolutions, but not for `MatMul`.
 */
export type MatrixType = 'float32' | 'bfloat16' | 'rounded float32';

/** One of the two tensors that a product multiplies. */
export interface Factor {
  readonly reference: string;
  readonly shape: readonly number[];
}

interface MatrixFlags {
  readonly transposeA?: boolean | undefined;
  readonly transposeB?: boolean | undefined;
}

/** Collects the nodes of the function; names are made here. */
export class Body {
  readonly nodes: TensorFlowNode[] = [];
  readonly #references = new Map<Value, string>();
  readonly #integers = new Map<string, string>();
  readonly #rounded = new Map<string, string>();
  #awaited: readonly string[] = [];

  constructor(
    private readonly precision: MatrixType,
    readonly xla: boolean,
  ) {}

  reference(value: Value): string {
    const known = this.#references.get(value);
    if (known === undefined) throw new Error('A node of the graph comes before the one whose output it takes.');
    return known;
  }

  call(value: Value, reference: string): void {
    this.#references.set(value, reference);
  }

  /** Adds a node. Returns the reference of its first output, which TensorFlow's definition of the op calls `output`. */
  add(op: string, inputs: readonly string[], attributes: TensorFlowAttributes, output: string): string {
    const name = `n${this.nodes.length}`;
    const awaited = op === 'Const' ? [] : this.#awaited;
    this.nodes.push({ name, op, inputs: [...inputs, ...awaited], attributes });
    return `${name}:${output}:0`;
  }

  /** What is added from here on runs after this node, if there is one; constants do not wait. */
  await(name: string | undefined): void {
    this.#awaited = name === undefined ? [] : [`^${name}`];
  }

  /**
   * A product of two float32 matrices, or of stacks of them. In bfloat16 both factors are rounded to it (a tensor once, however
   * many products it is in), the sums are float32, and each is rounded when it is done: as in PyTorch's autocast.
   * @param inputsOf the op's inputs, from the factors as they are multiplied, where it takes more than them
   */
  product(
    op: string,
    factors: readonly string[],
    flags: TensorFlowAttributes,
    output: string,
    inputsOf = (factors: readonly string[]) => factors,
  ): string {
    if (this.precision !== 'bfloat16')
      return this.add(op, inputsOf(factors), { ...flags, T: typeOf('float32') }, output);
    const rounded = factors.map((factor) => this.#round(factor));
    const product = this.add(op, inputsOf(rounded), { ...flags, T: typeOf('bfloat16') }, output);
    return this.#cast(product, 'bfloat16', 'float32');
  }

  /** A product of two matrices, or of stacks of them. */
  matrixProduct(factors: readonly Factor[], { transposeA = false, transposeB = false }: MatrixFlags): string {
    const references = factors.map(({ reference }) => reference);
    const isOfMatrices = factors.every(({ shape }) => shape.length === 2);
    const isOfVectors = isOfMatrices && factors.some(({ shape }) => shape.includes(1));
    // To round a matrix for one vector costs more than the product.
    const isStacked = !isOfMatrices || (this.precision === 'rounded float32' && !isOfVectors);
    const [first, second] = [{ bool: transposeA }, { bool: transposeB }];
    return isStacked
      ? this.product('BatchMatMulV2', references, { adj_x: first, adj_y: second }, 'output')
      : this.product('MatMul', references, { transpose_a: first, transpose_b: second }, 'product');
  }

  #round(reference: string): string {
    const rounded = this.#rounded.get(reference) ?? this.#cast(reference, 'float32', 'bfloat16');
    this.#rounded.set(reference, rounded);
    return rounded;
  }

  #cast(reference: string, from: TensorFlowType, to: TensorFlowType): string {
    return this.add('Cast', [reference], { SrcT: typeOf(from), DstT: typeOf(to) }, 'y');
  }

  constant(shape: readonly number[], data: Float32Array | Int32Array): string {
    const dtype = typeOf(data instanceof Float32Array ? 'float32' : 'int32');
    return this.add('Const', [], { dtype, value: { tensor: { shape, data } } }, 'output');
  }

  /** `x` as it is, but not before the node that gives `after` has run. XLA keeps to no such order, but to what one op takes. */
  later(x: string, after: string, type: TensorFlowType): string {
    if (this.xla) return this.add('XlaOptimizationBarrier', [x, after], { T: { types: [type, type] } }, 'output');
    const [node] = after.split(':');
    // An argument is there from the beginning.
    return this.add('Identity', node === after ? [x] : [x, `^${node}`], { T: typeOf(type) }, 'output');
  }

  transpose(reference: string, perm: readonly number[], T: TensorFlowAttribute): string {
    return this.add('Transpose', [reference, this.integers(perm)], { T, Tperm: INT32 }, 'y');
  }

  /** A constant list of integers (shapes, axes, bounds). */
  integers(values: readonly number[]): string {
    const key = values.join();
    const reference = this.#integers.get(key) ?? this.constant([values.length], Int32Array.from(values));
    this.#integers.set(key, reference);
    return reference;
  }

  integer(value: number): string {
    return this.constant([], Int32Array.of(value));
  }

  number(value: number): string {
    return this.constant([], Float32Array.of(value));
  }
}

interface Call {
  readonly node: Node;
  readonly attributes: KernelAttributes;
  readonly input: readonly string[];
  readonly x: Value;
  readonly out: Value;
  /** The type attribute of the first input. */
  readonly T: TensorFlowAttribute;
}

/** Adds the nodes and returns the references of the outputs. */
export type Emit = (body: Body, call: Call) => readonly string[];
