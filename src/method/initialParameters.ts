import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type HostTensor, type NamedHostTensors, sizeOf } from '../program/program.js';
import { drawer } from './initial.js';
import { type NetworkSpec, networkOf } from './network.js';

/** All of {@link initialParameters}, by name. */
export const initializeNetwork = (network: NetworkSpec, seed: number): NamedHostTensors =>
  Object.fromEntries(initialParameters(network, seed));

/**
 * The student's parameters and buffers at the start of a run, from a seed, one by one: many millions of numbers take seconds.
 * The teacher starts as a copy.
 */
export function* initialParameters(spec: NetworkSpec, seed: number): Generator<readonly [string, HostTensor]> {
  const generator = xoroshiro128plus(seed);
  const uniform = () => (generator.next() >>> 0) / 2 ** 32;
  const network = networkOf(spec);
  for (const [name, { shape, dtype }] of Object.entries({ ...network.parameters, ...network.buffers })) {
    const draw = drawer(network.initial(name), uniform);
    const length = sizeOf(shape);
    const data = dtype === 'float32' ? Float32Array.from({ length }, draw) : Int32Array.from({ length }, draw);
    yield [name, { shape, dtype, data }];
  }
}
