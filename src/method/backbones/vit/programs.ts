/** What a trained Vision Transformer attends to, as programs with the state `backbone.*`. */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { named, type Parameters, parametersOf, prefixed } from '../../../program/lookup.js';
import type { NamedTensors, Program } from '../../../program/program.js';
import { type ImageBatch, imagesInput } from '../../features.js';
import { intermediateLayers, lastAttention, queriesAndKeys } from './attention.js';
import { vitParameters } from './parameters.js';
import type { VitSpec } from './spec.js';

/**
 * Sides that are no multiple of the patch size lose the rest.
 * @param name says, together with the spec, all that `outputs` depends on
 */
function vitProgram(
  name: string,
  vit: VitSpec,
  size: ImageBatch,
  outputs: (get: Parameters, images: Tensor4D) => NamedTensors,
): Program {
  return {
    name,
    identity: JSON.stringify(vit),
    state: prefixed('backbone.', vitParameters(vit)),
    inputs: imagesInput(vit, size),
    body: (state, inputs) => ({
      state: {},
      outputs: outputs(parametersOf(state, 'backbone.'), named<Tensor4D>(inputs, 'images')),
    }),
  };
}

/**
 * Output `attention` [batch, heads, N + 1, N + 1], of the last block.
 * @internal for tests, which compare it with the original's get_last_selfattention
 */
export const attentionProgram = (vit: VitSpec, images: ImageBatch): Program =>
  vitProgram('attention', vit, images, (get, images) => ({
    attention: lastAttention(vit, get, images),
  }));

/** Of all heads' attention, in memory at once: 128 MB. */
const MOST_WEIGHTS = 2 ** 25;

/**
 * Outputs `query.<block>` and `key.<block>` [batch, heads, N + 1, dim / heads] of every block. A row of a block's attention is the softmax
 * of a query's products with all keys; the queries carry the scale. They take (N + 1) * dim values where the matrix takes
 * heads * (N + 1)^2: a twentieth at 480 pixels and patches of 8.
 */
export const queriesAndKeysProgram = (vit: VitSpec, images: ImageBatch, mostWeights = MOST_WEIGHTS): Program =>
  vitProgram(`queries and keys, ${mostWeights} weights at a time`, vit, images, (get, images) =>
    Object.fromEntries(
      queriesAndKeys(vit, get, images, mostWeights).flatMap(({ query, key }, block) => [
        [`query.${block}`, query],
        [`key.${block}`, key],
      ]),
    ),
  );

/**
 * Outputs `layer.0` … `layer.<n - 1>` [batch, N + 1, dim]: the last n blocks' tokens, each through the final norm.
 * @internal for tests, which compare it with the original's get_intermediate_layers
 */
export const layersProgram = (vit: VitSpec, images: ImageBatch, n: number): Program =>
  vitProgram(`last ${n} layers`, vit, images, (get, images) =>
    Object.fromEntries(intermediateLayers(vit, get, images, n).map((layer, i) => [`layer.${i}`, layer])),
  );
