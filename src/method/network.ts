/** A network: a backbone, and the head that its features are trained through, if there is one. */
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { parametersOf, prefixed } from '../program/lookup.js';
import type { NamedSpecs, NamedTensors } from '../program/program.js';
import type { Backbone, Pass, PatchFeatures } from './backbone.js';
import { type BackboneSpec, backboneOf } from './backbones/index.js';
import type { Head } from './head.js';
import { dinoHead, type HeadSpec } from './heads/dinoHead.js';
import type { Initial } from './initial.js';

export interface NetworkSpec {
  readonly backbone: BackboneSpec;
  readonly head: HeadSpec;
  /** Of its own for patches (`ibot_head`); absent: patches go through `head`, where a method projects any. */
  readonly patchHead?: HeadSpec;
}

export interface Network {
  readonly backbone: Backbone;
  /** `backbone.…`, then `head.…`, then `ibot_head.…`. */
  readonly parameters: NamedSpecs;
  /** Of both, by the same names. */
  readonly buffers: NamedSpecs;
  /** The parameters that training changes: all, but for those that a head fixes. */
  readonly trained: NamedSpecs;
  initial(name: string): Initial;
  /** The network with these weights. @param tensors by the names of `parameters` and `buffers` */
  run(tensors: NamedTensors, pass: Pass): RunningNetwork;
}

/** A network with its weights, for the passes of one step. */
export interface RunningNetwork {
  /** Images [batch, channels, height, width] -> [batch, dim]. Consecutive passes move the buffers one after another. */
  features(images: Tensor4D, pass?: Partial<Pass>): Tensor2D;
  /** CLS and every patch. @throws Error when the backbone has no patches */
  tokens(images: Tensor4D, pass?: Partial<Pass>): PatchFeatures;
  /** Through the head: [rows, dim] -> [rows, outputs]. */
  project(features: Tensor2D): Tensor2D;
  /** Through the patches' own head, or the one that they share: [rows, dim] -> [rows, outputs]. */
  projectPatches(patches: Tensor2D): Tensor2D;
  /** The buffers as the passes so far have left them; only those that were moved. */
  moved(): NamedTensors;
}

const BACKBONE = 'backbone.';
const HEAD = 'head.';
const PATCH_HEAD = 'ibot_head.';

export const networkOf = ({ backbone, head, patchHead }: NetworkSpec): Network =>
  networkFrom(backboneOf(backbone), dinoHead(head), patchHead && dinoHead(patchHead));

export function networkFrom(backbone: Backbone, head?: Head, patchHead?: Head): Network {
  const heads: readonly (readonly [string, Head])[] = [
    ...(head ? [[HEAD, head] as const] : []),
    ...(patchHead ? [[PATCH_HEAD, patchHead] as const] : []),
  ];
  const ofAll = (own: NamedSpecs, of: (head: Head) => NamedSpecs): NamedSpecs =>
    Object.assign(prefixed(BACKBONE, own), ...heads.map(([prefix, head]) => prefixed(prefix, of(head))));
  const parameters = ofAll(backbone.parameters, (head) => head.parameters);
  const fixed = new Set(heads.flatMap(([prefix, { fixed }]) => fixed.map((name) => prefix + name)));
  return {
    backbone,
    parameters,
    buffers: ofAll(backbone.buffers, (head) => head.buffers),
    trained: Object.fromEntries(Object.entries(parameters).filter(([name]) => !fixed.has(name))),
    initial: (name) => {
      const [prefix, owner] = heads.find(([prefix]) => name.startsWith(prefix)) ?? [BACKBONE, backbone];
      return owner.initial(name.slice(prefix.length));
    },
    run: (tensors, passOfAll) => {
      let moved: NamedTensors = {};
      const below = (prefix: string) => parametersOf({ ...tensors, ...moved }, prefix);
      const move = (prefix: string, buffers: NamedTensors = {}) => {
        moved = { ...moved, ...prefixed(prefix, buffers) };
      };
      const through = (prefix: string, head: Head | undefined, features: Tensor2D): Tensor2D => {
        if (head === undefined) throw new Error('This network has no head.');
        const { outputs, buffers } = head.forward(below(prefix), features, passOfAll);
        move(prefix, buffers);
        return outputs;
      };
      return {
        features: (images, pass) => {
          const { pooled, buffers } = backbone.forward(below(BACKBONE), images, { ...passOfAll, ...pass });
          move(BACKBONE, buffers);
          return pooled;
        },
        tokens: (images, pass) => {
          if (backbone.tokens === undefined) throw new Error('This backbone has no patches.');
          return backbone.tokens(below(BACKBONE), images, { ...passOfAll, ...pass });
        },
        project: (features) => through(HEAD, head, features),
        projectPatches: (patches) =>
          patchHead ? through(PATCH_HEAD, patchHead, patches) : through(HEAD, head, patches),
        moved: () => moved,
      };
    },
  };
}
