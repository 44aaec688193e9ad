/** Runs a graph node by node on tfjs's own kernels: what it means, without an engine. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import type { Graph, Node, Value } from '../../../src/compile/graph.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { convolution, type Sliding } from '../../../src/method/layers/convolution.js';
import { maxPool } from '../../../src/method/layers/pooling.js';

const shapeOf = ({ outputs: [out] }: Node): number[] => [...(out as Value).shape];
const convolve = (x: tf.Tensor, filter: tf.Tensor, { attributes }: Node): tf.Tensor =>
  convolution(x as tf.Tensor4D, filter as tf.Tensor4D, attributes as Sliding);

/** Ops that tfjs has no kernel for, as their definitions in src/method say. */
const COMPOSITES: Readonly<Record<string, (inputs: readonly tf.Tensor[], node: Node) => tf.Tensor[]>> = {
  Convolution: ([x, filter], node) => [convolve(x as tf.Tensor, filter as tf.Tensor, node)],
  // A convolution is linear in both factors: where its gradient is taken makes no difference.
  ConvolutionFilterGradient: ([x, dy], node) => [
    tf.grad((filter) => tf.mul(convolve(x as tf.Tensor, filter, node), dy as tf.Tensor))(tf.zeros(shapeOf(node))),
  ],
  ConvolutionInputGradient: ([dy, filter], node) => [
    tf.grad((x) => tf.mul(convolve(x, filter as tf.Tensor, node), dy as tf.Tensor))(tf.zeros(shapeOf(node))),
  ],
  MaxPooling: ([x]) => [maxPool(x as tf.Tensor4D)],
  MaxPoolingGradient: ([x, , dy]) => [
    tf.grad((x) => tf.mul(maxPool(x as tf.Tensor4D), dy as tf.Tensor))(x as tf.Tensor),
  ],
  Linear: ([x, weight, bias]) => [
    tf.add(tf.matMul(x as tf.Tensor, weight as tf.Tensor, false, true), bias as tf.Tensor),
  ],
  PreciseMatMul: ([a, b], { attributes }) => [
    tf.matMul(a as tf.Tensor, b as tf.Tensor, attributes['transposeA'] === true, attributes['transposeB'] === true),
  ],
  SquaredNorm: ([x]) => [tf.sum(tf.mul(x as tf.Tensor, x as tf.Tensor))],
  TakeRows: ([x, index]) => [tf.gather(x as tf.Tensor, index as tf.Tensor1D)],
  AddRows: ([x, index], { attributes }) => [
    tf.unsortedSegmentSum(x as tf.Tensor, index as tf.Tensor1D, attributes['rows'] as unknown as number),
  ],
  Standardize: ([x], { attributes }) => {
    const { mean, variance } = tf.moments(x as tf.Tensor, 1, true);
    const inverse = tf.rsqrt(tf.add(variance, attributes['epsilon'] as number));
    return [tf.mul(tf.sub(x as tf.Tensor, mean), inverse), inverse];
  },
  Later: ([x]) => [tf.clone(x as tf.Tensor)],
  SectionBegins: ([x]) => [tf.clone(x as tf.Tensor)],
  ReplicaMean: ([x]) => [tf.clone(x as tf.Tensor)],
};

function runNode(node: Node, inputs: readonly tf.Tensor[]): tf.Tensor[] {
  const composite = COMPOSITES[node.op];
  if (composite) return composite(inputs, node);
  // tfjs gives some kernels a list of tensors instead of named ones.
  const isList = ['AddN', 'Concat', 'Pack'].includes(node.op);
  const named = Object.fromEntries(node.inputNames.map((name, i) => [name, inputs[i] as tf.Tensor]));
  const given = (isList ? [...inputs] : named) as tf.NamedTensorMap;
  const made: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(node.op, given, { ...node.attributes } as never);
  return Array.isArray(made) ? made : [made];
}

/** The numbers of each output and of the new state. Every node must give what the graph says of its shapes and types. */
export async function interpret(
  graph: Graph,
  given: Readonly<Record<string, Float32Array>>,
): Promise<Record<string, Float32Array | Int32Array>> {
  await useCpuBackend();
  return tf.tidy(() => {
    const values = new Map<Value, tf.Tensor>();
    for (const [name, value] of [...graph.inputs, ...graph.state]) {
      const data = given[name];
      if (data === undefined) throw new Error(`Nothing is given for ${name}.`);
      values.set(value, tf.tensor(data, [...value.shape]));
    }
    for (const [value, { data, shape, dtype }] of graph.constants)
      values.set(value, tf.tensor(data, [...shape], dtype));
    const get = (value: Value): tf.Tensor => {
      const tensor = values.get(value);
      if (tensor === undefined) throw new Error('A node takes what no node before it gives.');
      return tensor;
    };
    for (const node of graph.nodes) {
      const made = runNode(node, node.inputs.map(get));
      expect(
        made.map(({ shape }) => shape),
        node.op,
      ).toEqual(node.outputs.map(({ shape }) => shape));
      expect(
        made.map(({ dtype }) => dtype),
        node.op,
      ).toEqual(node.outputs.map(({ type }) => type));
      node.outputs.forEach((value, i) => {
        values.set(value, made[i] as tf.Tensor);
      });
    }
    const results = [...graph.outputs, ...[...graph.newState].map(([name, value]) => [`new ${name}`, value] as const)];
    return Object.fromEntries(
      results.map(([name, value]) => {
        expect(get(value).shape, name).toEqual(value.shape);
        return [name, get(value).dataSync().slice() as Float32Array | Int32Array];
      }),
    );
  });
}
