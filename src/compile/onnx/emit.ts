/** Writes a simplified graph as an ONNX model for ONNX Runtime. */
import type { Graph, Value } from '../graph.js';
import { axisOf, type KernelAttributes, reducedAxes } from '../kernels.js';
import { type Emitters, emitterOf } from '../ops.js';
import { convolution, convolutionFilterGradient, convolutionInputGradient } from './convolution.js';
import type { FusedOp, OnnxOp } from './fuse.js';
import { maxPooling, maxPoolingGradient } from './pooling.js';
import { encodeModel } from './schema.js';
import { type Emit, float, int, ints, text, Writer } from './writer.js';

/** The names of the model's inputs and outputs that belong to the program's state, inputs and outputs. */
export const onnxNames = {
  state: (name: string) => `state/${name}`,
  input: (name: string) => `input/${name}`,
  prepared: (place: number | '') => `prepared/${place}`,
  /** What a model takes of chains of parts, and what a part gives. */
  fromParts: (chain: number, place: number) => `from parts/${chain}/${place}`,
  ofPart: (place: number) => `of part/${place}`,
  newState: (name: string) => `new/${name}`,
  output: (name: string) => `output/${name}`,
  handedOn: (place: number | '') => `handed on/${place}`,
} as const;

/** The program's names of what a model with these outputs gives. */
export function resultNames(modelOutputs: readonly string[]): {
  readonly changed: string[];
  readonly outputs: string[];
  /** Places among what is handed on. */
  readonly handedOn: number[];
} {
  const namesAfter = (prefix: string) =>
    modelOutputs.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return {
    changed: namesAfter(onnxNames.newState('')),
    outputs: namesAfter(onnxNames.output('')),
    handedOn: namesAfter(onnxNames.handedOn('')).map(Number),
  };
}

const same =
  (opType: string): Emit =>
  (writer, { input, output }) =>
    writer.add(opType, input, output);

/** Reductions whose axes are an attribute in this opset. */
const reduction =
  (opType: string): Emit =>
  (writer, { input, output, attributes, x }) =>
    writer.add(opType, input, output, {
      axes: ints(reducedAxes(x.shape, attributes)),
      keepdims: int(attributes.keepDims ? 1 : 0),
    });

const concat: Emit = (writer, { input, output, attributes: { axis }, x }) =>
  writer.add('Concat', input, output, { axis: int(axisOf(x.shape, axis)) });

const matMul: Emit = (writer, { node, input, output, attributes: { transposeA, transposeB } }) => {
  const flags = [transposeA ? 1 : 0, transposeB ? 1 : 0] as const;
  if (node.inputs.every(({ shape }) => shape.length === 2)) {
    writer.add('Gemm', input, output, { transA: int(flags[0]), transB: int(flags[1]) });
  } else if (writer.isPortable) {
    const factors = input.map((name, i) => (flags[i] === 1 ? lastTwoSwapped(writer, name, node.inputs[i]) : name));
    writer.add('MatMul', factors, output);
  } else {
    writer.addContrib('FusedMatMul', input, output, { transA: int(flags[0]), transB: int(flags[1]) });
  }
};

function lastTwoSwapped(writer: Writer, name: string, { shape }: Value = { shape: [], type: 'float32' }): string {
  const axes = shape.map((_, axis) => axis);
  return writer.value('Transpose', [name], { perm: ints([...axes.slice(0, -2), ...axes.slice(-2).reverse()]) });
}

/** Of float32. */
const LARGEST = 3.4028234663852886e38;

/** What ONNX Runtime calls each op, and with which attributes. */
const EMITTERS: Emitters<Emit> = {
  Abs: same('Abs'),
  Add: same('Add'),
  AddN: same('Sum'),
  AddRows: (writer, { input: [x, index], output, out }) => {
    const zeros = writer.fresh();
    writer.fill(zeros, out, 0);
    const places = writer.value('Reshape', [
      writer.value('Cast', [index as string], { to: int(7) }),
      writer.integers([-1, 1]),
    ]);
    writer.add('ScatterND', [zeros, places, x as string], output, { reduction: text('add') });
  },
  BatchMatMul: matMul,
  Cast: (writer, { input, output, out }) =>
    writer.add('Cast', input, output, { to: int(out.type === 'float32' ? 1 : out.type === 'int32' ? 6 : 9) }),
  Concat: concat,
  Convolution: convolution,
  ConvolutionFilterGradient: convolutionFilterGradient,
  ConvolutionInputGradient: convolutionInputGradient,
  Erf: same('Erf'),
  Exp: same('Exp'),
  Fill: (writer, { output, out, attributes: { value } }) => writer.fill(only(output), out, value),
  /** A shape to which nothing is added: what is added is computed from the value to wait for. */
  Later: (writer, { input: [x, after], output, out }) => {
    const flat = writer.value('Reshape', [after as string, writer.integers([-1])]);
    const first = writer.value('Slice', [flat, ...[[0], [1], [0]].map((list) => writer.integers(list))]);
    const zeroOrOne = writer.value('Cast', [writer.value('IsNaN', [first])], { to: int(7) });
    const nothing = writer.value('Mul', [zeroOrOne, writer.integers([0])]);
    writer.add('Reshape', [x as string, writer.value('Add', [writer.integers(out.shape), nothing])], output);
  },
  Linear: (writer, { input, output }) => writer.add('Gemm', input, output, { transB: int(1) }),
  Log: same('Log'),
  Max: reduction('ReduceMax'),
  Maximum: same('Max'),
  MaxPooling: maxPooling,
  MaxPoolingGradient: maxPoolingGradient,
  Mean: reduction('ReduceMean'),
  Minimum: same('Min'),
  Multiply: same('Mul'),
  Neg: same('Neg'),
  OnesLike: (writer, { output, out }) => writer.fill(only(output), out, 1),
  Pack: (writer, { input, output, attributes: { axis }, x, out }) => {
    const along = axisOf(out.shape, axis);
    const row = writer.integers(x.shape.toSpliced(along, 0, 1));
    const rows = input.map((name) => {
      const reshaped = writer.fresh();
      writer.add('Reshape', [name, row], [reshaped]);
      return reshaped;
    });
    writer.add('Concat', rows, output, { axis: int(along) });
  },
  PadV2: (writer, { input, output, attributes: { paddings, constantValue } }) => {
    const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
    writer.add('Pad', [...input, writer.integers(pads), writer.number(constantValue)], output);
  },
  Pow: same('Pow'),
  PreciseMatMul: matMul,
  RealDiv: same('Div'),
  Reciprocal: same('Reciprocal'),
  Relu: same('Relu'),
  Reshape: (writer, { input, output, out }) => writer.add('Reshape', [...input, writer.integers(out.shape)], output),
  Rsqrt: (writer, { input, output }) => {
    const root = writer.fresh();
    writer.add('Sqrt', input, [root]);
    writer.add('Reciprocal', [root], output);
  },
  Sigmoid: same('Sigmoid'),
  Slice: (writer, { input, output, attributes: { begin }, x, out }) => {
    const axes = x.shape.map((_, axis) => axis).filter((axis) => x.shape[axis] !== out.shape[axis]);
    const starts = axes.map((axis) => begin[axis] as number);
    const ends = axes.map((axis) => (begin[axis] as number) + (out.shape[axis] as number));
    writer.add('Slice', [...input, ...[starts, ends, axes].map((list) => writer.integers(list))], output);
  },
  Softmax: (writer, { input, output }) => writer.add('Softmax', input, output, { axis: int(-1) }),
  SplitV: (writer, { node, input, output, attributes: { axis }, x }) => {
    const along = axisOf(x.shape, axis);
    const sizes = node.outputs.map(({ shape }) => shape[along] as number);
    writer.add('Split', [...input, writer.integers(sizes)], output, { axis: int(along) });
  },
  Sqrt: same('Sqrt'),
  SquaredNorm: (writer, { input, output }) => writer.add('ReduceSumSquare', input, output, { keepdims: int(0) }),
  /** Standardized rows and 1 / std: ONNX Runtime's LayerNormalization gives both in one pass. */
  Standardize: (writer, { input, output, attributes: { epsilon }, x }) => {
    const dim = x.shape[1] as number;
    const ones = writer.fresh();
    writer.initializers.push({ name: ones, shape: [dim], data: new Float32Array(dim).fill(1) });
    const [standardized, inverseStd] = output as [string, string];
    writer.add('LayerNormalization', [...input, ones], [standardized, writer.fresh(), inverseStd], {
      axis: int(-1),
      epsilon: float(epsilon),
    });
  },
  /** As steep as float32 allows, a sigmoid of straight lines is the step of every number that is not denormal, in one pass. */
  Step: (writer, { input, output }) =>
    writer.add('HardSigmoid', input, output, { alpha: float(LARGEST), beta: float(0) }),
  Sub: same('Sub'),
  Sum: (writer, { input, output, attributes, x }) =>
    writer.add('ReduceSum', [...input, writer.integers(reducedAxes(x.shape, attributes))], output, {
      keepdims: int(attributes.keepDims ? 1 : 0),
    }),
  TakeRows: (writer, { input, output }) => writer.add('Gather', input, output, { axis: int(0) }),
  TopK: (writer, { input, output: [values, places], attributes: { k } }) => {
    const wide = writer.fresh();
    writer.add('TopK', [...input, writer.integers([k])], [values as string, wide]);
    writer.add('Cast', [wide], [places as string], { to: int(6) });
  },
  Transpose: (writer, { input, output, attributes: { perm } }) =>
    writer.add('Transpose', input, output, { perm: ints(perm) }),
  Unpack: (writer, { node, input, output, attributes: { axis }, x, out }) => {
    const along = axisOf(x.shape, axis);
    const parts = output.map(() => writer.fresh());
    writer.add('Split', [...input, writer.integers(node.outputs.map(() => 1))], parts, { axis: int(along) });
    parts.forEach((part, i) => {
      writer.add('Reshape', [part, writer.integers(out.shape)], [output[i] as string]);
    });
  },
  ZerosLike: (writer, { output, out }) => writer.fill(only(output), out, 0),
};

/** Ops that `fuse` makes. */
const FUSED: Readonly<Record<FusedOp, Emit>> = {
  Attention: (writer, { input, output, attributes: { heads } }) =>
    writer.addContrib('MultiHeadAttention', input, output, { num_heads: int(heads), scale: float(1) }),
  BiasGelu: (writer, { input, output }) => writer.addContrib('BiasGelu', input, output),
};

const isFused = (op: OnnxOp): op is FusedOp => op in FUSED;
const emitterFor = (op: OnnxOp): Emit => (isFused(op) ? FUSED[op] : emitterOf(EMITTERS, op));

const only = <T>(items: readonly T[]): T => items[0] as T;

/** Values that a model takes or gives beside what its graph says. */
interface More {
  readonly prepared?: readonly Value[];
  readonly handedOn?: readonly Value[];
  readonly fromParts?: readonly (readonly Value[])[];
  readonly ofPart?: readonly Value[];
}

/**
 * The graph as an .onnx file. Inputs and outputs are named by {@link onnxNames}.
 * Throws for an op that should have been removed, naming it.
 * @param more prepared, and fromParts of each chain of parts: values that are inputs beside the state and the graph's inputs; handedOn and
 *   ofPart: that are outputs beside its results
 */
export function emitOnnx(
  name: string,
  graph: Graph<OnnxOp>,
  { prepared = [], handedOn = [], fromParts = [], ofPart = [] }: More = {},
): Uint8Array {
  const writer = new Writer();
  const declared = <Key>(values: ReadonlyMap<Key, Value>, title: (name: Key) => string) =>
    [...values].map(([key, { shape, type }]) => ({ name: title(key), shape, type }));
  for (const [key, value] of graph.state) writer.call(value, onnxNames.state(key));
  for (const [key, value] of graph.inputs) writer.call(value, onnxNames.input(key));
  const given = new Map(prepared.map((value, place) => [place, value]));
  for (const [place, value] of given) writer.call(value, onnxNames.prepared(place));
  const sums = new Map(
    fromParts.flatMap((values, chain) => values.map((value, place) => [onnxNames.fromParts(chain, place), value])),
  );
  for (const [key, value] of sums) writer.call(value, key);
  for (const [value, { shape, data }] of graph.constants) {
    writer.initializers.push({ name: writer.name(value), shape, data });
  }
  // A result takes its node's output name, so that the runtime writes it where the caller wants it.
  const produced = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const copies: [Value, string][] = [];
  const handed = new Map(handedOn.map((value, place) => [place, value]));
  const parts = new Map(ofPart.map((value, place) => [place, value]));
  for (const [value, name] of [
    ...[...graph.newState].map(([key, value]) => [value, onnxNames.newState(key)] as const),
    ...[...graph.outputs].map(([key, value]) => [value, onnxNames.output(key)] as const),
    ...[...handed].map(([key, value]) => [value, onnxNames.handedOn(key)] as const),
    ...[...parts].map(([key, value]) => [value, onnxNames.ofPart(key)] as const),
  ]) {
    // What is no node's output, or is another result already, must be copied.
    if (produced.delete(value)) writer.call(value, name);
    else copies.push([value, name]);
  }
  emitNodes(writer, graph);
  for (const [value, name] of copies) writer.add('Identity', [writer.name(value)], [name]);
  return encodeModel({
    name,
    nodes: writer.nodes,
    initializers: writer.initializers,
    inputs: [
      ...declared(graph.state, onnxNames.state),
      ...declared(graph.inputs, onnxNames.input),
      ...declared(given, onnxNames.prepared),
      ...declared(sums, (key) => key),
    ],
    outputs: [
      ...declared(graph.newState, onnxNames.newState),
      ...declared(graph.outputs, onnxNames.output),
      ...declared(handed, onnxNames.handedOn),
      ...declared(parts, onnxNames.ofPart),
    ],
  });
}

/** Writes the graph's nodes. What they take must have its names. */
export function emitNodes(writer: Writer, { nodes }: Pick<Graph<OnnxOp>, 'nodes'>): void {
  for (const node of nodes) {
    emitterFor(node.op)(writer, {
      node,
      attributes: node.attributes as KernelAttributes,
      input: node.inputs.map((value) => writer.name(value)),
      output: node.outputs.map((value) => writer.name(value)),
      x: only(node.inputs),
      out: only(node.outputs),
    });
  }
}
