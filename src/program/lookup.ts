/** Tensors and their specs by name. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { NamedTensors } from './program.js';

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

/** `values` with `prefix` before each name. */
export const prefixed = <T>(prefix: string, values: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [prefix + name, value]));

/** The parameters below a name: `within(get, 'attn')('qkv.weight')` is `get('attn.qkv.weight')`. */
export const within =
  (get: Parameters, name: string): Parameters =>
  (rest) =>
    get(`${name}.${rest}`);

/** One of several named tensors; a missing one is a mistake of the caller's and throws. */
export function named<T extends Tensor = Tensor>(tensors: NamedTensors, name: string): T {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`There is no tensor ${name}.`);
  return tensor as T;
}

/** Those whose names start with `prefix`, without it. */
export const below = <T>(tensors: Readonly<Record<string, T>>, prefix: string): Readonly<Record<string, T>> =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  );

/** Those of `names`, which stand in `tensors` under a prefix. */
export const picked = (tensors: NamedTensors, prefix: string, names: readonly string[]): NamedTensors =>
  Object.fromEntries(names.map((name) => [name, named(tensors, prefix + name)]));

/** One level less: `{ student: { center: x } }` becomes `{ 'student.center': x }`. */
export const flat = <T>(groups: Readonly<Record<string, Readonly<Record<string, T>>>>): Readonly<Record<string, T>> =>
  Object.fromEntries(
    Object.entries(groups).flatMap(([group, values]) =>
      Object.entries(values).map(([name, value]) => [`${group}.${name}`, value]),
    ),
  );
