/** A network: a backbone, and the head that its features are trained through. */
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { parametersOf, prefixed } from '../program/lookup.js';
import type { NamedSpecs, NamedTensors } from '../program/program.js';
import type { Backbone, Pass } from './backbone.js';
import { type BackboneSpec, backboneOf } from './backbones/index.js';
import { type HeadSpec, headBuffers, headParameters, initialOfHead, project } from './heads/dinoHead.js';
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
  /** The parameters that training changes: all, but for the norms of the prototypes when they are held at 1. */
  readonly trained: NamedSpecs;
  initial(name: string): Initial;
  /** The network with these weights. @param tensors by the names of `parameters` and `buffers` */
  run(tensors: NamedTensors, pass: Pass): RunningNetwork;
}

/** A network with its weights, for the passes of one step. */
export interface RunningNetwork {
  /** Images [batch, channels, height, width] -> [batch, dim]. Consecutive passes move the buffers one after another. */
  features(images: Tensor4D, pass?: Partial<Pass>): Tensor2D;
  /** [rows, dim] -> logits [rows, K]. */
  project(features: Tensor2D): Tensor2D;
  /** The buffers as the passes so far have left them; only those that were moved. */
  moved(): NamedTensors;
}

const BACKBONE = 'backbone.';
const HEAD = 'head.';

export function networkOf({ backbone: backboneSpec, head }: NetworkSpec): Network {
  const backbone = backboneOf(backboneSpec);
  const parameters = { ...prefixed(BACKBONE, backbone.parameters), ...prefixed(HEAD, headParameters(head)) };
  return {
    backbone,
    parameters,
    buffers: { ...prefixed(BACKBONE, backbone.buffers), ...prefixed(HEAD, headBuffers(head)) },
    trained: Object.fromEntries(
      Object.entries(parameters).filter(([name]) => !(head.normLastLayer && name === `${HEAD}last_layer.weight_g`)),
    ),
    initial: (name) =>
      name.startsWith(HEAD)
        ? initialOfHead(head, name.slice(HEAD.length))
        : backbone.initial(name.slice(BACKBONE.length)),
    run: (tensors, passOfAll) => {
      let moved: NamedTensors = {};
      const below = (prefix: string) => parametersOf({ ...tensors, ...moved }, prefix);
      const move = (prefix: string, buffers: NamedTensors) => {
        moved = { ...moved, ...prefixed(prefix, buffers) };
      };
      return {
        features: (images, pass) => {
          const { pooled, buffers = {} } = backbone.forward(below(BACKBONE), images, { ...passOfAll, ...pass });
          move(BACKBONE, buffers);
          return pooled;
        },
        project: (features) => {
          const { logits, buffers } = project(head, below(HEAD), features, passOfAll);
          move(HEAD, buffers);
          return logits;
        },
        moved: () => moved,
      };
    },
  };
}

/** All parameters of one network. */
export const networkParameters = (spec: NetworkSpec): NamedSpecs => networkOf(spec).parameters;
