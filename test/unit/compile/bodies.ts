/** Small programs that between them use every op that can be traced, in every form. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { batchNorm, batchNormByRunning } from '../../../src/method/layers/batchNorm.js';
import { convolution } from '../../../src/method/layers/convolution.js';
import { standardizeRows } from '../../../src/method/layers/layerNorm.js';
import { linear } from '../../../src/method/layers/linear.js';
import { globalAveragePool, maxPool } from '../../../src/method/layers/pooling.js';
import { preciseProduct } from '../../../src/method/layers/preciseProduct.js';
import { relu } from '../../../src/method/layers/relu.js';
import { squaredNorm } from '../../../src/method/optimizers/squaredNorm.js';
import { float32, type NamedTensors, type Program } from '../../../src/program/program.js';
import { later, sectionBegins } from '../../../src/program/sections.js';

/** A program of x [2, 3] whose outputs are these. */
export const programOf = (body: (x: tf.Tensor) => NamedTensors): Program => ({
  name: 'test program',
  state: {},
  inputs: { x: float32(2, 3) },
  body: (_, { x }) => ({ state: {}, outputs: body(x as tf.Tensor) }),
});

export const X = Float32Array.of(0.5, -1.25, 2, 3, -0.75, 1.1);

const cube = (x: tf.Tensor) => tf.stack([x, tf.neg(x), tf.mul(x, 3), tf.add(x, 1)]);

/** An image of two channels and one of its negative, [2, 2, 3, 3]. */
const images = (x: tf.Tensor): tf.Tensor4D => {
  const channels = tf.reshape(tf.concat([x, tf.mul(x, 2), tf.exp(x)]), [1, 2, 3, 3]) as tf.Tensor4D;
  return tf.concat([channels, tf.neg(channels)]);
};

/** [3, 2, 3, 3] */
const filter = (): tf.Tensor4D =>
  tf.tensor4d(
    Array.from({ length: 54 }, (_, i) => ((i * 7) % 11) - 5),
    [3, 2, 3, 3],
  );

const gradientOf = (layer: (x: tf.Tensor4D) => tf.Tensor, x: tf.Tensor): tf.Tensor =>
  tf.grad((x) => tf.sum(tf.exp(tf.mul(layer(x as tf.Tensor4D), 0.1))))(images(x));

const parameters = () => ({ weight: tf.tensor1d([1.5, -2]), bias: tf.tensor1d([3, 0.5]) });
const running = () => ({
  mean: tf.tensor1d([0.25, -1]),
  variance: tf.tensor1d([0.5, 2]),
  batches: tf.scalar(3),
});

export const BODIES: Readonly<Record<string, (x: tf.Tensor) => tf.Tensor>> = {
  abs: (x) => tf.abs(x),
  erf: (x) => tf.erf(x),
  exp: (x) => tf.exp(x),
  log: (x) => tf.log(tf.abs(x)),
  neg: (x) => tf.neg(x),
  onesLike: (x) => tf.mul(tf.onesLike(x), x),
  zerosLike: (x) => tf.add(tf.zerosLike(x), x),
  reciprocal: (x) => tf.reciprocal(x),
  rsqrt: (x) => tf.rsqrt(tf.abs(x)),
  sigmoid: (x) => tf.sigmoid(x),
  sqrt: (x) => tf.sqrt(tf.abs(x)),
  square: (x) => tf.square(x),
  clone: (x) => tf.neg(tf.clone(x)),
  casts: (x) => tf.cast(tf.cast(x, 'int32'), 'float32'),
  add: (x) => tf.add(x, tf.tensor1d([1, 2, 3])),
  sub: (x) => tf.sub(tf.tensor2d([[1], [2]]), x),
  mul: (x) => tf.mul(x, tf.tensor3d([1, 2, 3, 4], [4, 1, 1])),
  third: (x) => tf.div(x, 3),
  quarter: (x) => tf.div(x, 4),
  minusEighth: (x) => tf.div(x, -8),
  timesFour: (x) => tf.div(x, 0.25),
  inverse: (x) => tf.div(1, x),
  thirds: (x) => tf.div(x, tf.fill([2, 3], 3)),
  halves: (x) => tf.div(x, tf.fill([2, 3], 2)),
  maximum: (x) => tf.maximum(x, tf.tensor1d([0, 1, 2])),
  minimum: (x) => tf.minimum(0.5, x),
  square2: (x) => tf.pow(x, 2),
  cubed: (x) => tf.pow(x, 3),
  addN: (x) => tf.addN([x, tf.neg(x), tf.exp(x)]),
  addNothing: (x) => tf.neg(tf.add(tf.zeros([2, 3]), tf.sub(tf.add(x, 0), tf.zeros([3])))),
  timesOne: (x) => tf.neg(tf.mul(tf.ones([2, 3]), tf.div(tf.mul(x, 1), tf.ones([1, 3])))),
  shapeOfNothing: (x) => tf.add(x, tf.zeros([4, 2, 3])),
  shapeOfOne: (x) => tf.mul(tf.ones([4, 2, 3]), x),
  fromNothing: (x) => tf.sub(0, x),
  minusItself: (x) => tf.sub(x, x),
  fillings: (x) => tf.add(tf.add(x, tf.fill([2, 3], 5)), tf.mul(tf.fill([2, 3], 7), x)),
  lopsidedFilling: (x) => tf.add(tf.fill([2, 3], 5), tf.sum(x, 0)),
  max: (x) => tf.max(x, 1),
  maxKept: (x) => tf.max(x, 0, true),
  maxOfAll: (x) => tf.max(x),
  mean: (x) => tf.mean(x, 0),
  meanOfAll: (x) => tf.mean(x),
  sum: (x) => tf.sum(x, -1, true),
  sumOfTwo: (x) => tf.sum(cube(x), [0, 2]),
  sumOfUnits: (x) => tf.neg(tf.sum(tf.reshape(x, [2, 1, 3]), 1)),
  sumOfUnitsKept: (x) => tf.neg(tf.sum(tf.reshape(x, [2, 1, 3]), 1, true)),
  meanOfUnits: (x) => tf.neg(tf.mean(tf.reshape(x, [2, 1, 3]), 1)),
  maxOfUnits: (x) => tf.neg(tf.max(tf.reshape(x, [2, 1, 3]), 1)),
  softmax: (x) => tf.softmax(x),
  matMul: (x) => tf.matMul(x as tf.Tensor2D, tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2])),
  matMulTransposedA: (x) => tf.matMul(x as tf.Tensor2D, tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [2, 4]), true),
  matMulTransposedB: (x) =>
    tf.matMul(x as tf.Tensor2D, tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2], [4, 3]), false, true),
  matMulBoth: (x) => tf.matMul(x as tf.Tensor2D, tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]), true, true),
  batchMatMul: (x) => tf.matMul(cube(x), tf.transpose(cube(x), [0, 2, 1])),
  concat: (x) => tf.concat([x, tf.ones([2, 1]), tf.neg(x)], 1),
  concatOfOne: (x) => tf.neg(tf.concat([x], 1)),
  concatRows: (x) => tf.concat([x, tf.ones([1, 3])], -2),
  expandFirst: (x) => tf.expandDims(x, 0),
  expandLast: (x) => tf.expandDims(x, -1),
  expandMiddle: (x) => tf.expandDims(x, 1),
  stack: (x) => tf.stack([x, tf.neg(x), x], 1),
  stackLast: (x) => tf.stack([x, tf.neg(x)], -1),
  stackOfOne: (x) => tf.stack([x]),
  pad: (x) => tf.pad(x as tf.Tensor2D, [[1, 2], [3, 0]]), // biome-ignore format: pairs
  padNothing: (x) => tf.neg(tf.pad(x as tf.Tensor2D, [[0, 0], [0, 0]])), // biome-ignore format: pairs
  padWith: (x) => tf.pad(x as tf.Tensor2D, [[0, 1], [0, 0]], 7), // biome-ignore format: pairs
  reshape: (x) => tf.reshape(x, [3, -1]),
  reshapes: (x) => tf.reshape(tf.reshape(tf.reshape(x, [6]), [1, 6]), [3, 2]),
  reshapeBack: (x) => tf.neg(tf.reshape(tf.reshape(x, [3, 2]), [2, 3])),
  slice: (x) => tf.slice(x, [0, 1], [2, 1]),
  sliceRest: (x) => tf.slice(x, [1, 1], [-1, -1]),
  sliceWhole: (x) => tf.neg(tf.slice(x, [0, 0], [2, 3])),
  split: (x) => tf.sub(...(tf.split(tf.concat([x, x], 1), 2, 1) as [tf.Tensor, tf.Tensor])),
  splitUneven: (x) => tf.concat(tf.split(x, [1, 2], 1).reverse(), 1),
  splitRows: (x) => tf.sub(...(tf.split(x, 2) as [tf.Tensor, tf.Tensor])),
  topValues: (x) => tf.topk(x, 2).values,
  topPlaces: (x) => tf.cast(tf.topk(tf.concat([x, x], 1), 3).indices, 'float32'),
  transpose: (x) => tf.transpose(x),
  transposeBack: (x) => tf.neg(tf.transpose(tf.transpose(x))),
  transposeThree: (x) => tf.transpose(tf.transpose(cube(x), [1, 2, 0]), [1, 0, 2]),
  transposeUnits: (x) => tf.transpose(tf.reshape(x, [2, 1, 3]), [1, 0, 2]),
  transposeAround: (x) => tf.transpose(tf.reshape(x, [2, 1, 3]), [2, 1, 0]),
  unstack: (x) => tf.stack(tf.unstack(x).reverse()),
  unstackColumns: (x) => tf.stack(tf.unstack(x, 1)),
  unstackOfOne: (x) => tf.neg(tf.unstack(tf.reshape(x, [1, 2, 3]))[0] as tf.Tensor),
  constants: (x) => tf.add(x, tf.mul(tf.scalar(2), tf.exp(tf.scalar(1)))),
  listsOfConstants: (x) =>
    tf.add(x, tf.addN([tf.concat([tf.tensor1d([1]), tf.tensor1d([2, 3])]), tf.tensor1d([4, 5, 6])])),
  stackOfConstants: (x) => tf.mul(x, tf.stack([tf.scalar(1), tf.scalar(2), tf.scalar(3)])),
  twins: (x) => tf.mul(tf.add(tf.exp(x), 3), tf.add(tf.exp(x), 3)),
  axes: (x) =>
    tf.add(
      tf.sum(tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true), 0),
      tf.sum(tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true), 1),
    ),
  oneNumberTwoShapes: (x) =>
    tf.add(
      tf.mul(tf.slice(x, [0, 0], [2, 2]), tf.tensor1d([1, 2])),
      tf.mul(tf.slice(x, [0, 0], [2, 2]), tf.tensor2d([1, 2], [2, 1])),
    ),
  gradient: (x) => tf.grad((x) => tf.sum(tf.mul(tf.erf(x), tf.sqrt(tf.add(tf.square(x), 1)))))(x),
  linear: (x) =>
    linear(x as tf.Tensor2D, {
      weight: tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2], [4, 3]),
      bias: tf.tensor1d([1, 2, 3, 4]),
    }),
  precise: (x) => preciseProduct(x as tf.Tensor2D, tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2], [4, 3])),
  standardize: (x) => standardizeRows(x as tf.Tensor2D),
  standardizeGradient: (x) =>
    tf.grad((x) => tf.sum(tf.mul(standardizeRows(x as tf.Tensor2D), tf.tensor1d([1, 2, 4]))))(x),
  convolution: (x) => convolution(images(x), filter(), { stride: 1, pad: 1 }),
  convolutionBySteps: (x) => convolution(images(x), filter(), { stride: 2, pad: 1 }),
  convolutionGradient: (x) => gradientOf((x) => convolution(x, filter(), { stride: 2, pad: 1 }), x),
  filterGradient: (x) =>
    tf.grad((filter) => tf.sum(convolution(images(x), filter as tf.Tensor4D, { stride: 1, pad: 1 })))(filter()),
  maxPool: (x) => maxPool(images(x)),
  maxPoolGradient: (x) => gradientOf(maxPool, x),
  averagePool: (x) => globalAveragePool(images(x)),
  averagePoolGradient: (x) => gradientOf(globalAveragePool, x),
  relu: (x) => relu(x),
  reluGradient: (x) => gradientOf(relu, x),
  batchNorm: (x) => batchNorm(images(x), parameters(), running()).y,
  batchNormGradient: (x) => gradientOf((x) => batchNorm(x, parameters(), running()).y, x),
  batchNormByRunning: (x) => batchNormByRunning(images(x), parameters(), running()),
  runningVariance: (x) => batchNorm(images(x), parameters(), running()).running.variance,
  squaredNorm: (x) => squaredNorm(x),
  squaredNormOfNumber: (x) => squaredNorm(tf.max(x)),
  sections: (x) => later(sectionBegins(tf.exp(x)), tf.neg(x)),
};
