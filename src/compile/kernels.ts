/** The ops that can be traced: what each makes of its inputs' shapes, under tfjs's kernel names and attributes. */
import { backend_util, util } from '@tensorflow/tfjs-core';
import { sizeOf } from '../program/program.js';
import { REPLICA_MEAN } from '../program/replicas.js';
import { LATER, SECTION_BEGINS } from '../program/sections.js';
import type { Value, ValueType } from './graph.js';

/** The attributes of all these kernels, as tfjs names them; a kernel's name says which of them a node has. */
export interface KernelAttributes {
  readonly axis: number | number[];
  readonly begin: readonly number[];
  /** What is put around a tensor that is padded. */
  readonly constantValue: number;
  readonly dim: number;
  readonly dtype: ValueType;
  readonly epsilon: number;
  /** Of attention. */
  readonly heads: number;
  readonly height: number;
  /** How many of the largest. */
  readonly k: number;
  readonly keepDims: boolean;
  /** The side of a square kernel or window. */
  readonly kernel: number;
  readonly numOrSizeSplits: number | number[];
  /** Pixels on each side of an image. */
  readonly pad: number;
  readonly paddings: readonly (readonly [number, number])[];
  readonly perm: readonly number[];
  /** What `axis` is called for Max alone. */
  readonly reductionIndices: number | number[];
  readonly rows: number;
  readonly shape: number[];
  readonly size: readonly number[];
  readonly stride: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly value: number;
  readonly width: number;
}

/** The outputs' shapes and types, from the inputs in the kernel's order. */
export type Infer = (inputs: readonly Value[], attributes: KernelAttributes) => Value[];

const make = (shape: readonly number[], type: ValueType = 'float32'): Value => ({ shape, type });
const input = (inputs: readonly Value[], index = 0): Value => {
  const value = inputs[index];
  if (value === undefined) throw new Error('A kernel was called with too few inputs.');
  return value;
};
const extent = (shape: readonly number[], axis: number): number => shape[axis] as number;

const unary: Infer = (inputs) => [make(input(inputs).shape, input(inputs).type)];

const broadcast =
  (type?: ValueType): Infer =>
  (inputs) => {
    const [a, b] = [input(inputs, 0), input(inputs, 1)];
    return [make(backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]), type ?? a.type)];
  };

const reduction: Infer = (inputs, attributes) => {
  const { shape, type } = input(inputs);
  const { keepDims } = attributes;
  const axes = reducedAxes(shape, attributes);
  const kept = shape.map((size, i) => (axes.includes(i) ? 1 : size));
  return [make(keepDims === true ? kept : shape.filter((_, i) => !axes.includes(i)), type)];
};

/** The one axis of a rearrangement, from 0. */
export const axisOf = (shape: readonly number[], axis: number | number[]): number =>
  util.parseAxisParam(axis, [...shape])[0] as number;

/** The axes of a reduction, none given meaning all. Sorted, from 0. */
export const reducedAxes = (
  shape: readonly number[],
  { axis, reductionIndices }: Partial<Pick<KernelAttributes, 'axis' | 'reductionIndices'>>,
): number[] =>
  util.parseAxisParam(axis ?? reductionIndices ?? shape.map((_, i) => i), [...shape]).sort((a, b) => a - b);

const matMul: Infer = (inputs, { transposeA, transposeB }) => {
  const [a, b] = [input(inputs, 0), input(inputs, 1)];
  const rows = extent(a.shape, a.shape.length - (transposeA === true ? 1 : 2));
  const innerA = extent(a.shape, a.shape.length - (transposeA === true ? 2 : 1));
  const columns = extent(b.shape, b.shape.length - (transposeB === true ? 2 : 1));
  const innerB = extent(b.shape, b.shape.length - (transposeB === true ? 1 : 2));
  if (innerA !== innerB) throw new Error(`matMul of [${a.shape}] and [${b.shape}]: inner sizes differ.`);
  const batch = backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return [make([...batch, rows, columns])];
};

const rowStatistics = (x: Value): Value => make([extent(x.shape, 0), 1]);

/** Of an image's channels, those that a kernel or a window gives, at every place where it fits. */
const slid = (x: Value, channels: number, kernel: number, { stride, pad }: KernelAttributes): Value => {
  const [batch, , ...sides] = x.shape;
  return make([batch as number, channels, ...sides.map((side) => Math.floor((side + 2 * pad - kernel) / stride) + 1)]);
};

/** Kernels that return a list of tensors, be it of one. */
export const LIST_KERNELS: ReadonlySet<TracedOp> = new Set(['SplitV', 'Standardize', 'TopK', 'Unpack']);

export const KERNELS = {
  // One value of each, element by element.
  Abs: unary,
  Erf: unary,
  Exp: unary,
  Identity: unary,
  Log: unary,
  Neg: unary,
  OnesLike: unary,
  Reciprocal: unary,
  Relu: unary,
  Rsqrt: unary,
  Sigmoid: unary,
  Sqrt: unary,
  Square: unary,
  Step: unary,
  ZerosLike: unary,
  Cast: (inputs, { dtype }) => [make(input(inputs).shape, dtype)],

  // Two, with broadcasting.
  Add: broadcast(),
  Maximum: broadcast(),
  Minimum: broadcast(),
  Multiply: broadcast(),
  Pow: broadcast(),
  RealDiv: broadcast(),
  Sub: broadcast(),
  AddN: unary,

  // From nothing.
  Fill: (_, { shape }) => [make(shape)],

  // Along axes.
  Max: reduction,
  Mean: reduction,
  Sum: reduction,
  Softmax: unary,
  /** The largest of the last axis, in descending order, and their places; of equal ones the first is before the others. */
  TopK: (inputs, { k }) => {
    const { shape, type } = input(inputs);
    return [make(shape.with(-1, k), type), make(shape.with(-1, k), 'int32')];
  },

  BatchMatMul: matMul,

  // Rearrangements.
  Concat: (inputs, { axis }) => {
    const { shape, type } = input(inputs);
    const along = axisOf(shape, axis);
    const total = inputs.reduce((sum, { shape }) => sum + extent(shape, along), 0);
    return [make(shape.with(along, total), type)];
  },
  ExpandDims: (inputs, { dim }) => {
    const { shape, type } = input(inputs);
    return [make(shape.toSpliced(axisOf([...shape, 1], dim), 0, 1), type)];
  },
  Pack: (inputs, { axis }) => {
    const { shape, type } = input(inputs);
    return [make(shape.toSpliced(axisOf([...shape, 1], axis), 0, inputs.length), type)];
  },
  PadV2: (inputs, { paddings }) => {
    const { shape, type } = input(inputs);
    return [
      make(
        shape.map((size, i) => size + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0)),
        type,
      ),
    ];
  },
  Reshape: (inputs, { shape }) => {
    const x = input(inputs);
    return [make(util.inferFromImplicitShape(shape, sizeOf(x.shape)), x.type)];
  },
  Slice: (inputs, { begin, size }) => {
    const { shape, type } = input(inputs);
    return [
      make(
        shape.map((full, i) => (size[i] === -1 ? full - (begin[i] ?? 0) : (size[i] ?? full))),
        type,
      ),
    ];
  },
  SplitV: (inputs, { numOrSizeSplits, axis }) => {
    const { shape, type } = input(inputs);
    const along = axisOf(shape, axis);
    const sizes = backend_util.prepareSplitSize({ shape: [...shape] } as never, numOrSizeSplits, along);
    return sizes.map((size) => make(shape.with(along, size), type));
  },
  Transpose: (inputs, { perm }) => {
    const { shape, type } = input(inputs);
    return [
      make(
        perm.map((axis) => extent(shape, axis)),
        type,
      ),
    ];
  },
  Unpack: (inputs, { axis }) => {
    const { shape, type } = input(inputs);
    const along = axisOf(shape, axis);
    return Array.from({ length: extent(shape, along) }, () => make(shape.toSpliced(along, 1), type));
  },

  // Composites of method/.
  AddRows: (inputs, { rows }) => [make([rows, extent(input(inputs).shape, 1)])],
  [LATER]: unary,
  [SECTION_BEGINS]: unary,
  [REPLICA_MEAN]: unary,
  Convolution: (inputs, attributes) => {
    const filter = input(inputs, 1);
    return [slid(input(inputs), extent(filter.shape, 0), extent(filter.shape, 2), attributes)];
  },
  ConvolutionFilterGradient: (inputs, { kernel }) => [
    make([extent(input(inputs, 1).shape, 1), extent(input(inputs).shape, 1), kernel, kernel]),
  ],
  ConvolutionInputGradient: (inputs, { height, width }) => [
    make([extent(input(inputs).shape, 0), extent(input(inputs, 1).shape, 1), height, width]),
  ],
  Linear: (inputs) => [make([extent(input(inputs, 0).shape, 0), extent(input(inputs, 1).shape, 0)])],
  MaxPooling: (inputs, attributes) => {
    const x = input(inputs);
    return [slid(x, extent(x.shape, 1), attributes.kernel, attributes)];
  },
  MaxPoolingGradient: unary,
  PreciseMatMul: matMul,
  SquaredNorm: () => [make([])],
  TakeRows: (inputs) => [make([extent(input(inputs, 1).shape, 0), extent(input(inputs).shape, 1)])],
  Standardize: (inputs) => [make(input(inputs).shape), rowStatistics(input(inputs))],
} as const satisfies Readonly<Record<string, Infer>>;

export type TracedOp = keyof typeof KERNELS;
export const TRACED_OPS = Object.keys(KERNELS) as readonly TracedOp[];
