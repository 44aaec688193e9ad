import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { type HostTensor, type NamedHostTensors, sizeOf } from '../program/program.js';
import { drawer } from './initial.js';
import { type Method, rolesOf } from './method.js';
import { type Network, type NetworkSpec, networkOf } from './network.js';

/** All of {@link initialParameters}, by name. */
export const initializeNetwork = (network: NetworkSpec, seed: number): NamedHostTensors =>
  Object.fromEntries(initialParameters(networkOf(network), seed));

/**
 * The weights of all of a method's networks at the start of a run, by their names in the step's state (`student.backbone.…`), one
 * by one: many millions of numbers take seconds. A moving average starts as what it is the average of, in the same arrays. A frozen network
 * has none: it is given.
 */
export function* initialWeights(method: Pick<Method, 'roles'>, seed: number): Generator<readonly [string, HostTensor]> {
  const roles = rolesOf(method);
  for (const [role, { network, is }] of roles) {
    if (is !== 'trained') continue;
    const averages = roles.flatMap(([other, { is }]) =>
      typeof is !== 'string' && is.averageOf === role ? [other] : [],
    );
    for (const [name, tensor] of initialParameters(network, seed))
      for (const ofRole of [role, ...averages]) yield [`${ofRole}.${name}`, tensor];
  }
}

/** A network's parameters and buffers at the start, from a seed. */
function* initialParameters(network: Network, seed: number): Generator<readonly [string, HostTensor]> {
  const generator = xoroshiro128plus(seed);
  const uniform = () => (generator.next() >>> 0) / 2 ** 32;
  for (const [name, { shape, dtype }] of Object.entries({ ...network.parameters, ...network.buffers })) {
    const draw = drawer(network.initial(name), uniform);
    const length = sizeOf(shape);
    const data = dtype === 'float32' ? Float32Array.from({ length }, draw) : Int32Array.from({ length }, draw);
    yield [name, { shape, dtype, data }];
  }
}
