/** Tensors and their specs by name. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { NamedSpecs, NamedTensors } from './program.js';

/** The tensor of a name within one network, e.g. `blocks.0.attn.qkv.weight`. */
export type Parameters = <T extends Tensor = Tensor>(name: string) => T;

/** Looks names up under a prefix (`student.backbone.`); a missing one is a mistake of the caller's and throws. */
export function parametersOf(tensors: NamedTensors, prefix: string): Parameters {
  return <T extends Tensor>(name: string) => {
    const tensor = tensors[prefix + name];
    if (tensor === undefined) throw new Error(`The network has no parameter ${prefix}${name}.`);
    return tensor as T;
  };
}

/** `specs` with `prefix` before each name. */
export const prefixed = (prefix: string, specs: NamedSpecs): NamedSpecs =>
  Object.fromEntries(Object.entries(specs).map(([name, spec]) => [prefix + name, spec]));
