/** A network: a backbone, and the head that its features are trained through, if there is one. */
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { parametersOf, prefixed } from '../program/lookup.js';
import type { NamedSpecs, NamedTensors } from '../program/program.js';
import type { Backbone, Pass } from './backbone.js';
import { type BackboneSpec, backboneOf } from './backbones/index.js';
import type { Head } from './head.js';
import { dinoHead, type HeadSpec } from './heads/dinoHead.js';
import type { Initial } from './initial.js';

export interface NetworkSpec {
  readonly backbone: BackboneSpec;
  readonly head: HeadSpec;
}

export interface Network {
  readonly backbone: Backbone;
  /** `backbone.…`, then `head.…`. */
  readonly parameters: NamedSpecs;
  /** Of both, by the same names. */
  readonly buffers: NamedSpecs;
  /** The parameters that training changes: all, but for those that the head fixes. */
  readonly trained: NamedSpecs;
  initial(name: string): Initial;
  /** The network with these weights. @param tensors by the names of `parameters` and `buffers` */
  run(tensors: NamedTensors, pass: Pass): RunningNetwork;
}

/** A network with its weights, for the passes of one step. */
export interface RunningNetwork {
  /** Images [batch, channels, height, width] -> [batch, dim]. Consecutive passes move the buffers one after another. */
  features(images: Tensor4D, pass?: Partial<Pass>): Tensor2D;
  /** Through the head: [rows, dim] -> [rows, outputs]. */
  project(features: Tensor2D): Tensor2D;
  /** The buffers as the passes so far have left them; only those that were moved. */
  moved(): NamedTensors;
}

const BACKBONE = 'backbone.';
const HEAD = 'head.';

export const networkOf = ({ backbone, head }: NetworkSpec): Network =>
  networkFrom(backboneOf(backbone), dinoHead(head));

export function networkFrom(backbone: Backbone, head?: Head): Network {
  const parameters = { ...prefixed(BACKBONE, backbone.parameters), ...prefixed(HEAD, head?.parameters ?? {}) };
  const fixed = new Set(head?.fixed.map((name) => HEAD + name));
  return {
    backbone,
    parameters,
    buffers: { ...prefixed(BACKBONE, backbone.buffers), ...prefixed(HEAD, head?.buffers ?? {}) },
    trained: Object.fromEntries(Object.entries(parameters).filter(([name]) => !fixed.has(name))),
    initial: (name) =>
      head && name.startsWith(HEAD)
        ? head.initial(name.slice(HEAD.length))
        : backbone.initial(name.slice(BACKBONE.length)),
    run: (tensors, passOfAll) => {
      let moved: NamedTensors = {};
      const below = (prefix: string) => parametersOf({ ...tensors, ...moved }, prefix);
      const move = (prefix: string, buffers: NamedTensors = {}) => {
        moved = { ...moved, ...prefixed(prefix, buffers) };
      };
      return {
        features: (images, pass) => {
          const { pooled, buffers } = backbone.forward(below(BACKBONE), images, { ...passOfAll, ...pass });
          move(BACKBONE, buffers);
          return pooled;
        },
        project: (features) => {
          if (head === undefined) throw new Error('This network has no head.');
          const { outputs, buffers } = head.forward(below(HEAD), features, passOfAll);
          move(HEAD, buffers);
          return outputs;
        },
        moved: () => moved,
      };
    },
  };
}
