import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type HostTensor, type NamedHostTensors, sizeOf } from '../program/program.js';
import { networkParameters } from './parameters.js';
import type { NetworkSpec } from './specification.js';

type Draw = () => number;

/** All of {@link initialParameters}, by name. */
export const initializeNetwork = (network: NetworkSpec, seed: number): NamedHostTensors =>
  Object.fromEntries(initialParameters(network, seed));

/**
 * The student's parameters at the start of a run, from a seed, one by one: many millions of numbers take seconds. The teacher starts as a copy.
 * The original's distributions (`_init_weights`, and PyTorch's defaults for the convolution and the last layer), not its
 * numbers: PyTorch's generator is not reproduced.
 */
export function* initialParameters(network: NetworkSpec, seed: number): Generator<readonly [string, HostTensor]> {
  const generator = xoroshiro128plus(seed);
  const uniform: Draw = () => (generator.next() >>> 0) / 2 ** 32;
  const constant =
    (value: number): Draw =>
    () =>
      value;
  // trunc_normal_'s limits of ±2 are a hundred deviations away: never met.
  const normal: Draw = () => 0.02 * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const withinFanIn =
    (fanIn: number): Draw =>
    () =>
      (2 * uniform() - 1) / Math.sqrt(fanIn);

  const { patchSize, inChans } = network.vit;
  const drawFor = (name: string): Draw => {
    if (name.includes('patch_embed.proj')) return withinFanIn(inChans * patchSize ** 2);
    if (name.endsWith('last_layer.weight_v')) return withinFanIn(network.head.bottleneckDim);
    if (name.endsWith('last_layer.weight_g')) return constant(1);
    if (name.endsWith('.bias')) return constant(0);
    if (/norm\d?\.weight$/.test(name)) return constant(1);
    return normal;
  };

  for (const [name, { shape }] of Object.entries(networkParameters(network))) {
    yield [name, { shape, dtype: 'float32', data: Float32Array.from({ length: sizeOf(shape) }, drawFor(name)) }];
  }
}
