/** What a trained backbone says of pictures, as programs with the state `backbone.*`. */
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { parametersOf, prefixed } from '../program/lookup.js';
import { float32, type NamedTensors, type Program } from '../program/program.js';
import { project } from './head.js';
import { headParameters, vitParameters } from './parameters.js';
import type { NetworkSpec, VitSpec } from './specification.js';
import { clsFeatures, intermediateLayers, lastAttention, queriesAndKeys } from './vit.js';

/** The size of the pictures given to a program; sides that are no multiple of the patch size lose the rest. */
export interface PictureBatch {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
}

const imagesInput = (vit: VitSpec, { batch, height, width }: PictureBatch) => ({
  images: float32(batch, vit.inChans, height, width),
});

/** @param name says, together with the network, all that `outputs` depends on */
function backboneProgram(
  name: string,
  vit: VitSpec,
  pictures: PictureBatch,
  outputs: (parameters: ReturnType<typeof parametersOf>, images: Tensor4D) => NamedTensors,
): Program {
  return {
    name,
    identity: JSON.stringify(vit),
    state: prefixed('backbone.', vitParameters(vit)),
    inputs: imagesInput(vit, pictures),
    body: (state, inputs) => ({
      state: {},
      outputs: outputs(parametersOf(state, 'backbone.'), inputs['images'] as Tensor4D),
    }),
  };
}

/** Output `cls` [batch, dim]. */
export const featuresProgram = (vit: VitSpec, pictures: PictureBatch): Program =>
  backboneProgram('features', vit, pictures, (parameters, images) => ({ cls: clsFeatures(vit, parameters, images) }));

/** Output `attention` [batch, heads, N + 1, N + 1], of the last block. */
export const attentionProgram = (vit: VitSpec, pictures: PictureBatch): Program =>
  backboneProgram('attention', vit, pictures, (parameters, images) => ({
    attention: lastAttention(vit, parameters, images),
  }));

/** Of all heads' attention, in memory at once: 128 MB. */
const MOST_WEIGHTS = 2 ** 25;

/**
 * Outputs `query.<block>` and `key.<block>` [batch, heads, N + 1, dim / heads] of every block. A row of a block's attention is the softmax
 * of a query's products with all keys; the queries carry the scale. They take (N + 1) * dim values where the matrix takes
 * heads * (N + 1)^2: a twentieth at 480 pixels and patches of 8.
 */
export const queriesAndKeysProgram = (vit: VitSpec, pictures: PictureBatch, mostWeights = MOST_WEIGHTS): Program =>
  backboneProgram(`queries and keys, ${mostWeights} weights at a time`, vit, pictures, (parameters, images) =>
    Object.fromEntries(
      queriesAndKeys(vit, parameters, images, mostWeights).flatMap(({ query, key }, block) => [
        [`query.${block}`, query],
        [`key.${block}`, key],
      ]),
    ),
  );

/** Outputs `layer.0` … `layer.<n - 1>` [batch, N + 1, dim]: the last n blocks' tokens, each through the final norm. */
export const layersProgram = (vit: VitSpec, pictures: PictureBatch, n: number): Program =>
  backboneProgram(`last ${n} layers`, vit, pictures, (parameters, images) =>
    Object.fromEntries(intermediateLayers(vit, parameters, images, n).map((layer, i) => [`layer.${i}`, layer])),
  );

/** Output `logits` [batch, K], with the head (state `backbone.*` and `head.*`). */
export function logitsProgram(network: NetworkSpec, pictures: PictureBatch): Program {
  const { vit, head } = network;
  return {
    name: 'logits',
    identity: JSON.stringify(network),
    state: { ...prefixed('backbone.', vitParameters(vit)), ...prefixed('head.', headParameters(head)) },
    inputs: imagesInput(vit, pictures),
    body: (state, inputs) => {
      const features: Tensor2D = clsFeatures(vit, parametersOf(state, 'backbone.'), inputs['images'] as Tensor4D);
      return { state: {}, outputs: { logits: project(parametersOf(state, 'head.'), features) } };
    },
  };
}
