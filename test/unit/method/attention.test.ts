import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { demandOf } from '../../../src/compile/demand.js';
import type { Node } from '../../../src/compile/graph.js';
import { recompute } from '../../../src/compile/recompute.js';
import { simplify } from '../../../src/compile/simplify.js';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { openOnnxEngine } from '../../../src/engines/onnx.js';
import { attend } from '../../../src/method/layers/attention.js';
import { attentionWeights } from '../../../src/method/layers/attentionWeights.js';
import {
  float32,
  type HostTensor,
  type NamedHostTensors,
  type NamedTensors,
  type Program,
  sizeOf,
} from '../../../src/program/program.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';

type Heads = tf.Tensor4D;

/** Weights of two images are 4 million values: three images are two parts. */
const SHAPE = [3, 8, 512, 2] as const;
const NAMES = ['query', 'key', 'value', 'dy'] as const;

const wave = (phase: number) => Float32Array.from({ length: sizeOf(SHAPE) }, (_, i) => Math.sin(0.7 * i + phase));

const asItIsWritten = (query: Heads, key: Heads, value: Heads): Heads => tf.matMul(attentionWeights(query, key), value);

/** What comes out, and the gradients of its sum weighted by `dy`. */
function withGradients(how: typeof attend, { query, key, value, dy }: NamedTensors): Record<string, tf.Tensor> {
  const inputs = [query, key, value] as Heads[];
  const attended = (...[q, k, v]: tf.Tensor[]) => how(q as Heads, k as Heads, v as Heads);
  const [ofQuery, ofKey, ofValue] = tf.grads(attended)(inputs, dy as tf.Tensor) as [Heads, Heads, Heads];
  return { attended: attended(...inputs), ofQuery, ofKey, ofValue };
}

const programOf = (how: typeof attend, images: number = SHAPE[0]): Program => ({
  name: 'attention',
  state: {},
  inputs: Object.fromEntries(NAMES.map((name) => [name, float32(images, ...SHAPE.slice(1))])),
  body: (_, inputs) => ({ state: {}, outputs: withGradients(how, inputs) }),
});

async function computed(how: typeof attend): Promise<NamedHostTensors> {
  const session = await openOnnxEngine('cpu', () => undefined).compile(programOf(how), {});
  const inputs = NAMES.map((name, i): [string, HostTensor] => [
    name,
    { shape: SHAPE, dtype: 'float32', data: wave(i) },
  ]);
  const outputs = await session.call(Object.fromEntries(inputs));
  await session.dispose();
  return outputs;
}

/** What each node needs before it. */
function nodesBefore(nodes: readonly Node[]): ReadonlyMap<Node, readonly Node[]> {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((value) => [value, node] as const)));
  return new Map(nodes.map((node) => [node, node.inputs.flatMap((value) => makers.get(value) ?? [])]));
}

/** As ONNX Runtime runs them: what one result needs, then what the next one does. */
function depthFirst(nodes: readonly Node[]): readonly Node[] {
  const before = nodesBefore(nodes);
  const ordered = new Set<Node>();
  const visit = (node: Node): void => {
    if (ordered.has(node)) return;
    for (const needed of before.get(node) ?? []) visit(needed);
    ordered.add(node);
  };
  for (const node of nodes) if (![...before.values()].some((needed) => needed.includes(node))) visit(node);
  return [...ordered];
}

/** As TensorFlow does: whatever is ready. */
function breadthFirst(nodes: readonly Node[]): readonly Node[] {
  const before = nodesBefore(nodes);
  const depths = new Map<Node, number>();
  for (const node of nodes)
    depths.set(node, 1 + Math.max(0, ...(before.get(node) ?? []).map((needed) => depths.get(needed) ?? 0)));
  return nodes.toSorted((a, b) => (depths.get(a) ?? 0) - (depths.get(b) ?? 0));
}

describe('Attention in parts', () => {
  it('is attention, and so are its gradients', async () => {
    const made = await computed(attend);
    const wanted = await computed(asItIsWritten);
    expect(Object.keys(wanted)).toHaveLength(4);
    for (const [name, { data }] of Object.entries(wanted)) {
      const other = made[name]?.data ?? [];
      let [most, apart] = [0, 0];
      data.forEach((value, i) => {
        most = Math.max(most, Math.abs(value));
        apart = Math.max(apart, Math.abs(value - (other[i] ?? Number.NaN)));
      });
      expect(most, name).toBeGreaterThan(0.01);
      expect(apart / most, name).toBeLessThan(1e-5);
    }
  });

  const softmaxes = async (how: typeof attend, images: number) => {
    const traced = await trace(programOf(how, images));
    await useCpuBackend();
    const { nodes } = recompute(simplify(traced));
    const sizes = nodes.flatMap(({ outputs }) => outputs.map(({ shape }) => sizeOf(shape)));
    return { largest: Math.max(...sizes), count: nodes.filter(({ op }) => op === 'Softmax').length };
  };

  it('never holds more weights for more images, and makes them again for the gradient', async () => {
    const [three, six] = [await softmaxes(attend, 3), await softmaxes(attend, 6)];
    const whole = await softmaxes(asItIsWritten, 3);
    expect(three.largest).toBeLessThan(whole.largest);
    expect(six.largest).toBe(three.largest);
    // Two images at a time, forward and again by nodes that were not merged with the first ones.
    expect([whole.count, three.count, six.count]).toEqual([1, 2 * 2, 2 * 3]);
  });

  it('has sixteen parts at most, so that a large batch is compiled as soon as a small one', async () => {
    expect((await softmaxes(attend, 32)).count).toBe(2 * 16);
    expect((await softmaxes(attend, 33)).count).toBe(2 * 11);
    expect((await softmaxes(attend, 80)).count).toBe(2 * 16);
  });

  it('holds the weights of one part at a time, in whatever order an engine runs the nodes', async () => {
    const heldBy = async (images: number, inOrder: (nodes: readonly Node[]) => readonly Node[]) => {
      const traced = await trace(programOf(attend, images));
      await useCpuBackend();
      const graph = recompute(simplify(traced));
      const tokens = [...graph.inputs.values(), ...graph.outputs.values()].reduce((sum, v) => sum + sizeOf(v.shape), 0);
      return demandOf({ ...graph, nodes: inOrder(graph.nodes) }).passing - 4 * tokens;
    };
    const weights = 4 * 2 * 8 * 512 * 512;
    for (const inOrder of [depthFirst, breadthFirst]) {
      // A part's gradients take three, and the attention itself, which needs none of them, may come in between.
      expect(await heldBy(2, inOrder)).toBeGreaterThan(2 * weights);
      expect(await heldBy(12, inOrder)).toBeLessThan(5 * weights);
    }
  });

  it('is left whole where the weights take no more room than the tokens', async () => {
    const parts = async (queries: number, keys: number) => {
      const { nodes } = await trace({
        name: 'attention',
        state: {},
        inputs: { query: float32(1, 1, queries, 2), key: float32(1, 1, keys, 2), value: float32(1, 1, keys, 2) },
        body: (_, { query, key, value }) => ({
          state: {},
          outputs: {
            y: tf.grad((query) => tf.sum(attend(query as Heads, key as Heads, value as Heads)))(query as Heads),
          },
        }),
      });
      await useCpuBackend();
      return nodes.filter(({ op }) => op === 'Softmax').length;
    };
    expect(await parts(8, 8)).toBe(1);
    expect(await parts(1, 9)).toBe(1);
    expect(await parts(2, 9)).toBe(2);
  });
});
