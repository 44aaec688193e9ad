import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { recompute } from '../../../src/compile/recompute.js';
import { simplify } from '../../../src/compile/simplify.js';
import { trace } from '../../../src/compile/trace.js';
import { useCpuBackend } from '../../../src/engines/cpuBackend.js';
import { openOnnxEngine } from '../../../src/engines/onnx.js';
import { attend, attentionWeights } from '../../../src/method/attention.js';
import {
  float32,
  type HostTensor,
  type NamedHostTensors,
  type NamedTensors,
  type Program,
  sizeOf,
} from '../../../src/method/program.js';
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

const programOf = (how: typeof attend): Program => ({
  name: 'attention',
  state: {},
  inputs: Object.fromEntries(NAMES.map((name) => [name, float32(...SHAPE)])),
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

  it('never holds the weights of all images', async () => {
    const traced = await trace(programOf(attend));
    await useCpuBackend();
    const { nodes } = recompute(simplify(traced));
    const sizes = nodes.flatMap(({ outputs }) => outputs.map(({ shape }) => sizeOf(shape)));
    expect(Math.max(...sizes)).toBe(2 * 8 * 512 * 512);
    // Made twice, for the gradient and before, by nodes that were not merged.
    expect(nodes.filter(({ op }) => op === 'Softmax')).toHaveLength(2 * 2);
  });
});
