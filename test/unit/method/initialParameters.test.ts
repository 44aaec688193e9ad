import { describe, expect, it } from 'vitest';
import { vitOfDino } from '../../../src/method/backbones/vit/lineages.js';
import { initializeNetwork } from '../../../src/method/initialParameters.js';
import { type NetworkSpec, networkOf } from '../../../src/method/network.js';

const network: NetworkSpec = {
  backbone: {
    kind: 'vit',
    ...vitOfDino({ patchSize: 5, inChans: 3, imageSize: 40, embedDim: 32, depth: 2, numHeads: 4 }),
  },
  head: { inDim: 32, hiddenDim: 40, bottleneckDim: 25, outDim: 200, normLastLayer: true, batchNorm: false },
};

const mean = (values: Float32Array, of: (value: number) => number) =>
  values.reduce((sum, value) => sum + of(value), 0) / values.length;

describe('The weights at the start', () => {
  const data = (name: string): Float32Array => initializeNetwork(network, 5)[name]?.data as Float32Array;

  it.each(['backbone.cls_token', 'backbone.pos_embed', 'backbone.blocks.1.mlp.fc1.weight', 'head.mlp.2.weight'])(
    'are normal with a deviation of .02: %s',
    (name) => {
      const values = data(name);
      const error = 4 / Math.sqrt(values.length);
      expect(Math.abs(mean(values, (x) => x)) / 0.02).toBeLessThan(error);
      expect(mean(values, (x) => (x / 0.02) ** 2)).toBeGreaterThan(1 - 2 * error);
      expect(mean(values, (x) => (x / 0.02) ** 2)).toBeLessThan(1 + 2 * error);
      // 31.7 % of a normal distribution lie further away than one deviation.
      expect(Math.abs(mean(values, (x) => (Math.abs(x) > 0.02 ? 1 : 0)) - 0.317)).toBeLessThan(error);
    },
  );

  // PyTorch's for convolutions and linear layers: uniform within 1 / sqrt(fan in), 5 * 5 * 3 and 25 here.
  it.each([
    ['backbone.patch_embed.proj.weight', Math.sqrt(75), 100],
    ['backbone.patch_embed.proj.bias', Math.sqrt(75), 20],
    ['head.last_layer.weight_v', Math.sqrt(25), 100],
  ])('are uniform within their limits: %s', (name, inverse, draws) => {
    const values = data(name).map((value) => value * inverse);
    expect(Math.max(...values)).toBeLessThanOrEqual(1);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...values)).toBeGreaterThan(1 - 4 / draws);
    expect(Math.abs(mean(values, (x) => x))).toBeLessThan(4 / Math.sqrt(3 * values.length));
    // The variance of a uniform distribution within 1 is a third.
    expect(Math.abs(mean(values, (x) => x * x) - 1 / 3)).toBeLessThan(4 / Math.sqrt(10 * values.length));
  });

  it('are 1 for norms and the lengths of prototypes, 0 for biases', () => {
    const ones = ['backbone.norm.weight', 'backbone.blocks.0.norm1.weight', 'head.last_layer.weight_g'];
    for (const name of ones) expect(new Set(data(name)), name).toEqual(new Set([1]));
    const zeros = ['backbone.norm.bias', 'backbone.blocks.1.attn.qkv.bias', 'head.mlp.4.bias'];
    for (const name of zeros) expect(new Set(data(name)), name).toEqual(new Set([0]));
  });

  it('have the shapes of the network', () => {
    const made = initializeNetwork(network, 5);
    const specs = Object.entries(made).map(([name, { shape, dtype }]) => [name, { shape, dtype }]);
    expect(Object.fromEntries(specs)).toEqual(networkOf(network).parameters);
  });

  it('depend on the seed alone', () => {
    const ofSeed = (seed: number) => initializeNetwork(network, seed)['backbone.cls_token'];
    expect(ofSeed(1)).toEqual(ofSeed(1));
    expect(ofSeed(2)).not.toEqual(ofSeed(1));
  });
});
