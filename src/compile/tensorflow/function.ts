/** Writes a simplified graph as the body of a TensorFlow function. */
import type { Node, Value } from '../graph.js';
import { axisOf, type KernelAttributes, reducedAxes } from '../kernels.js';
import { type Emitters, emitterOf } from '../ops.js';
import { paceOf } from '../pace.js';
import type { Stage } from '../stages.js';
import { Body, type Emit, type Factor, INT32, type MatrixType, typeOf } from './body.js';
import { convolution, convolutionFilterGradient, convolutionInputGradient } from './convolution.js';
import { maxPooling, maxPoolingGradient } from './pooling.js';
import type { TensorFlowAttribute, TensorFlowAttributes, TensorFlowFunction } from './schema.js';

/** Ops of one type throughout; `output` is what TensorFlow calls their output. */
const same =
  (op: string, output = 'y'): Emit =>
  (body, { input, T }) => [body.add(op, input, { T }, output)];

const reduction =
  (op: string): Emit =>
  (body, { input, attributes, x, T }) => {
    const axes = body.integers(reducedAxes(x.shape, attributes));
    const keepDims = { bool: attributes.keepDims === true };
    return [body.add(op, [...input, axes], { T, Tidx: INT32, keep_dims: keepDims }, 'output')];
  };

const filled =
  (value: (attributes: KernelAttributes) => number): Emit =>
  (body, { attributes, out }) => [
    body.add(
      'Fill',
      [body.integers(out.shape), body.number(value(attributes))],
      { T: typeOf('float32'), index_type: INT32 },
      'output',
    ),
  ];

const only = <T>(items: readonly T[]): T => items[0] as T;

/** References of the `count` elements of an op's one output that is a list. */
const elements = (first: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => first.replace(/0$/, String(i)));

/** From here on erf is 1 in float32. */
const ERF_SATURATES = 3.92;

/**
 * XLA's erf stays 1.8e-7 short of ±1 however large its argument: a GELU far below 0 would pass a gradient on, which AdamW blows up to
 * whole steps.
 */
function saturatingErf(body: Body, x: string, T: TensorFlowAttribute): string {
  const size = body.add('Abs', [x], { T }, 'y');
  const isFar = body.add('Greater', [size, body.number(ERF_SATURATES)], { T }, 'z');
  const [sign, erf] = [body.add('Sign', [x], { T }, 'y'), body.add('Erf', [x], { T }, 'y')];
  return body.add('SelectV2', [isFar, sign, erf], { T }, 'output');
}

/** The first two inputs. */
const factorsOf = ({ inputs }: Node, references: readonly string[]): Factor[] =>
  inputs.slice(0, 2).map(({ shape }, i) => ({ reference: references[i] as string, shape }));

/** What TensorFlow calls each op, and with which attributes. */
const EMITTERS: Emitters<Emit> = {
  Abs: same('Abs'),
  Add: same('AddV2', 'z'),
  AddN: (body, { input, T }) => [body.add('AddN', input, { T, N: { int: input.length } }, 'sum')],
  AddRows: (body, { input, out, T }) => {
    const attributes = { T, Tindices: INT32, Tnumsegments: INT32 };
    return [body.add('UnsortedSegmentSum', [...input, body.integer(out.shape[0] as number)], attributes, 'output')];
  },
  BatchMatMul: (body, { node, input, attributes }) => [body.matrixProduct(factorsOf(node, input), attributes)],
  Cast: (body, { input, out, T }) => [body.add('Cast', input, { SrcT: T, DstT: typeOf(out.type) }, 'y')],
  Concat: (body, { input, attributes: { axis }, x, T }) => [
    body.add(
      'ConcatV2',
      [...input, body.integer(axisOf(x.shape, axis))],
      { T, N: { int: input.length }, Tidx: INT32 },
      'output',
    ),
  ],
  Convolution: convolution,
  ConvolutionFilterGradient: convolutionFilterGradient,
  ConvolutionInputGradient: convolutionInputGradient,
  Erf: (body, { input, T }) => [body.xla ? saturatingErf(body, only(input), T) : body.add('Erf', input, { T }, 'y')],
  Exp: same('Exp'),
  Fill: filled(({ value }) => value),
  Later: (body, { input: [x, after], out }) => [body.later(x as string, after as string, out.type)],
  Linear: (body, { node, input, T }) => {
    const product = body.matrixProduct(factorsOf(node, input), { transposeB: true });
    return [body.add('BiasAdd', [product, input[2] as string], { T }, 'output')];
  },
  Log: same('Log'),
  Max: reduction('Max'),
  Maximum: same('Maximum', 'z'),
  MaxPooling: maxPooling,
  MaxPoolingGradient: maxPoolingGradient,
  Mean: reduction('Mean'),
  Minimum: same('Minimum', 'z'),
  Multiply: same('Mul', 'z'),
  Neg: same('Neg'),
  OnesLike: filled(() => 1),
  Pack: (body, { input, attributes: { axis }, out, T }) => [
    body.add('Pack', input, { T, N: { int: input.length }, axis: { int: axisOf(out.shape, axis) } }, 'output'),
  ],
  PadV2: (body, { input, attributes: { paddings, constantValue }, T }) => {
    const table = body.constant([paddings.length, 2], Int32Array.from(paddings.flat()));
    return [body.add('PadV2', [...input, table, body.number(constantValue)], { T, Tpaddings: INT32 }, 'output')];
  },
  Pow: same('Pow', 'z'),
  PreciseMatMul: (body, { input, attributes: { transposeA, transposeB }, T }) => {
    const flags = { transpose_a: { bool: transposeA === true }, transpose_b: { bool: transposeB === true } };
    return [body.add('MatMul', input, { ...flags, T }, 'product')];
  },
  RealDiv: same('RealDiv', 'z'),
  Reciprocal: same('Reciprocal'),
  Relu: same('Relu', 'activations'),
  Reshape: (body, { input, out, T }) => [
    body.add('Reshape', [...input, body.integers(out.shape)], { T, Tshape: INT32 }, 'output'),
  ],
  Rsqrt: same('Rsqrt'),
  Sigmoid: same('Sigmoid'),
  Slice: (body, { input, attributes: { begin }, out, T }) => [
    body.add('Slice', [...input, body.integers(begin), body.integers(out.shape)], { T, Index: INT32 }, 'output'),
  ],
  Softmax: same('Softmax', 'softmax'),
  SplitV: (body, { node, input, attributes: { axis }, x, T }) => {
    const along = axisOf(x.shape, axis);
    const sizes = body.integers(node.outputs.map(({ shape }) => shape[along] as number));
    const count = node.outputs.length;
    const attributes = { T, num_split: { int: count }, Tlen: INT32 };
    return elements(body.add('SplitV', [...input, sizes, body.integer(along)], attributes, 'output'), count);
  },
  Sqrt: same('Sqrt'),
  SquaredNorm: (body, { input: [x], x: { shape }, T }) => {
    // One pass, which keeps no squares. XLA makes one of anything.
    if (!body.xla)
      return [body.add('Mul', [body.add('L2Loss', [x as string], { T }, 'output'), body.number(2)], { T }, 'z')];
    const squares = body.add('Mul', [x as string, x as string], { T }, 'z');
    const axes = body.integers(shape.map((_, axis) => axis));
    return [body.add('Sum', [squares, axes], { T, Tidx: INT32, keep_dims: { bool: false } }, 'output')];
  },
  /** Standardized rows and 1 / std. */
  Standardize: (body, { input, attributes: { epsilon }, T }) => {
    const x = only(input);
    const mean = (rows: string) =>
      body.add('Mean', [rows, body.integers([1])], { T, Tidx: INT32, keep_dims: { bool: true } }, 'output');
    const centered = body.add('Sub', [x, mean(x)], { T }, 'z');
    const variance = mean(body.add('Mul', [centered, centered], { T }, 'z'));
    const inverseStd = body.add('Rsqrt', [body.add('AddV2', [variance, body.number(epsilon)], { T }, 'z')], { T }, 'y');
    return [body.add('Mul', [centered, inverseStd], { T }, 'z'), inverseStd];
  },
  Step: (body, { input, T }) => {
    const isPositive = body.add('Greater', [...input, body.number(0)], { T }, 'z');
    return [body.add('Cast', [isPositive], { SrcT: typeOf('bool'), DstT: T }, 'y')];
  },
  Sub: same('Sub', 'z'),
  Sum: reduction('Sum'),
  TakeRows: (body, { input, T }) => {
    const attributes = { Tparams: T, Tindices: INT32, Taxis: INT32, batch_dims: { int: 0 } };
    return [body.add('GatherV2', [...input, body.integer(0)], attributes, 'output')];
  },
  TopK: (body, { input, attributes: { k }, T }) => {
    const values = body.add('TopKV2', [...input, body.integer(k)], { T, sorted: { bool: true } }, 'values');
    return [values, values.replace(/:values:0$/, ':indices:0')];
  },
  Transpose: (body, { input, attributes: { perm }, T }) => [body.transpose(only(input), perm, T)],
  Unpack: (body, { node, input, attributes: { axis }, x, T }) => {
    const count = node.outputs.length;
    const attributes = { T, num: { int: count }, axis: { int: axisOf(x.shape, axis) } };
    return elements(body.add('Unpack', input, attributes, 'output'), count);
  },
  ZerosLike: filled(() => 0),
};

export interface FunctionOptions {
  readonly precision: MatrixType;
  readonly attributes: TensorFlowAttributes;
  /** Whether XLA compiles it. */
  readonly xla: boolean;
}

/**
 * The stage as a function of what it takes to what it gives.
 * Throws for an op that should have been removed, naming it.
 */
export function emitFunction(
  name: string,
  { takes, gives, nodes, constants }: Stage,
  { precision, attributes, xla }: FunctionOptions,
): TensorFlowFunction {
  const body = new Body(precision, xla);
  const inputs = takes.map((value, index) => {
    body.call(value, `argument${index}`);
    return { name: `argument${index}`, type: value.type };
  });
  for (const [value, { shape, data }] of constants) body.call(value, body.constant(shape, data));
  emitNodes(body, nodes);
  return functionOf(name, inputs, gives, body, attributes);
}

/** Writes nodes. What they take must have its references. */
export function emitNodes(body: Body, nodes: readonly Node[]): void {
  // XLA plans a function's memory by itself.
  const waits = body.xla ? new Map<Node, Node>() : paceOf(nodes);
  const names = new Map<Node, string>();
  for (const node of nodes) {
    const emit = emitterOf(EMITTERS, node.op);
    const x = node.inputs[0] ?? only(node.outputs);
    const awaited = waits.get(node);
    body.await(awaited && names.get(awaited));
    const references = emit(body, {
      node,
      attributes: node.attributes as KernelAttributes,
      input: node.inputs.map((value) => body.reference(value)),
      x,
      out: only(node.outputs),
      T: typeOf(x.type),
    });
    node.outputs.forEach((value, i) => {
      body.call(value, references[i] as string);
    });
    names.set(node, only(body.nodes.slice(-1)).name);
  }
}

/** What was written as a function that gives these values. */
export function functionOf(
  name: string,
  inputs: TensorFlowFunction['inputs'],
  gives: readonly Value[],
  body: Body,
  attributes: TensorFlowAttributes,
): TensorFlowFunction {
  return {
    name,
    inputs,
    outputs: gives.map(({ type }, index) => ({ name: `result${index}`, type })),
    nodes: body.nodes,
    results: Object.fromEntries(gives.map((value, index) => [`result${index}`, body.reference(value)])),
    attributes,
  };
}
