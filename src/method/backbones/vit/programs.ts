/** What a trained Vision Transformer attends to, as programs with the state `backbone.*`. */
import {
  concat,
  mean,
  reshape,
  slice,
  stack,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { named, type Parameters, parametersOf, prefixed } from '../../../program/lookup.js';
import { float32, type NamedTensors, type Program } from '../../../program/program.js';
import { type ImageBatch, imagesInput } from '../../features.js';
import { inside, intermediateLayers, type Layers, lastAttention, lastLayers, type QueryAndKey } from './attention.js';
import { vitParameters } from './parameters.js';
import { patchPositions } from './positionEmbedding.js';
import { patchesPerSide, tokensBeforePatches, type VitSpec } from './spec.js';
import type { Masks } from './tokens.js';
import { normed, normedTokens } from './vit.js';

/**
 * Sides that are no multiple of the patch size lose the rest.
 * @param name says, together with the spec, all that `outputs` depends on
 */
function vitProgram(
  name: string,
  vit: VitSpec,
  size: ImageBatch,
  outputs: (get: Parameters, images: Tensor4D, masks?: Masks) => NamedTensors,
): Program {
  return {
    name,
    identity: JSON.stringify(vit),
    state: prefixed('backbone.', vitParameters(vit)),
    inputs: imagesInput(vit, size),
    body: (state, inputs) => ({
      state: {},
      outputs: outputs(
        parametersOf(state, 'backbone.'),
        named<Tensor4D>(inputs, 'images'),
        inputs['masks'] as Masks | undefined,
      ),
    }),
  };
}

/**
 * Output `attention` [batch, heads, tokens, tokens], of the last block.
 * @internal for tests, which compare it with the original's get_last_selfattention
 */
export const attentionProgram = (vit: VitSpec, images: ImageBatch): Program =>
  vitProgram('attention', vit, images, (get, images) => ({
    attention: lastAttention(vit, get, images),
  }));

/** Of all heads' attention, in memory at once: 128 MB. */
const MOST_WEIGHTS = 2 ** 25;

/**
 * Outputs `query.<block>` and `key.<block>` [batch, heads, tokens, dim / heads] of every block. A row of a block's attention is the softmax
 * of a query's products with all keys; the queries carry the scale. They take tokens * dim values where the matrix takes
 * heads * tokens^2: a twentieth at 480 pixels and patches of 8.
 */
export const queriesAndKeysProgram = (vit: VitSpec, images: ImageBatch, mostWeights = MOST_WEIGHTS): Program =>
  vitProgram(`queries and keys, ${mostWeights} weights at a time`, vit, images, (get, images) =>
    pairsByName(inside(vit, get, images, mostWeights, false).pairs),
  );

/** The same outputs, and `patches` [batch, patches, dim] as in {@link tokensProgram}: a block's attention and the patch features in one call. */
export const insideProgram = (vit: VitSpec, images: ImageBatch, mostWeights = MOST_WEIGHTS): Program =>
  vitProgram(`queries, keys and patches, ${mostWeights} weights at a time`, vit, images, (get, images) => {
    const { pairs, tokens } = inside(vit, get, images, mostWeights, true);
    return { ...pairsByName(pairs), patches: normed(vit, get, tokens).patches };
  });

const pairsByName = (pairs: readonly QueryAndKey[]): NamedTensors =>
  Object.fromEntries(
    pairs.flatMap(({ query, key }, block) => [
      [`query.${block}`, query],
      [`key.${block}`, key],
    ]),
  );

/**
 * Outputs `layer.0`, `layer.1` … [batch, tokens, dim]: these blocks' tokens, in the blocks' order.
 * @internal for tests, which compare it with the original's get_intermediate_layers
 */
export const layersProgram = (vit: VitSpec, images: ImageBatch, layers: Layers): Program =>
  vitProgram(`layers ${JSON.stringify(layers)}`, vit, images, (get, images) =>
    Object.fromEntries(intermediateLayers(vit, get, images, layers).map((layer, i) => [`layer.${i}`, layer])),
  );

/**
 * Outputs `cls` [batch, dim], `registers` [batch, registers, dim] where the network has some, and `patches` [batch, patches, dim]: the last
 * block's tokens after the final norm (`forward_features`).
 * @param masked whether input `masks` [batch, patches] says with 1 which patches are hidden behind `mask_token`, with 0 which are seen
 */
export function tokensProgram(vit: VitSpec, size: ImageBatch, { masked = false } = {}): Program {
  const program = vitProgram(masked ? 'masked tokens' : 'tokens', vit, size, (get, images, masks) => ({
    ...normedTokens(vit, get, images, masks && { masks }),
  }));
  const patches = patchesPerSide(vit, size.height) * patchesPerSide(vit, size.width);
  return masked ? { ...program, inputs: { ...program.inputs, masks: float32(size.batch, patches) } } : program;
}

/**
 * Output `positions` [tokens, dim]: what is added to CLS, where it has a position, and to the patches of such images.
 * @internal for tests, which compare it with the original's interpolate_pos_encoding
 */
export const positionsProgram = (vit: VitSpec, images: ImageBatch): Program =>
  vitProgram('positions', vit, images, (get) => {
    const stored = get<Tensor3D>('pos_embed');
    const ofPatches = patchPositions(stored, vit, images.height, images.width);
    if (!vit.positions.ofCls) return { positions: ofPatches };
    const ofCls: Tensor2D = reshape(slice(stored, [0, 0, 0], [1, 1, vit.embedDim]), [1, vit.embedDim]);
    return { positions: concat([ofCls, ofPatches]) };
  });

/**
 * Output `vectors`, what the original's eval_linear.py classifies: [batch, n * dim], the CLS tokens of the last n blocks one behind the
 * other, each through the final norm. With `avgpool` (of the last block alone) [batch, 2 * dim], in which the CLS token and the mean of
 * the patches take turns: CLS 0, mean 0, CLS 1, mean 1, …
 */
export const vectorsProgram = (
  vit: VitSpec,
  images: ImageBatch,
  { blocks, avgpool }: { readonly blocks: number; readonly avgpool: boolean },
): Program =>
  vitProgram(`vectors of ${blocks} blocks${avgpool ? ' and the mean patch' : ''}`, vit, images, (get, images) => {
    const layers = intermediateLayers(vit, get, images, lastLayers(vit, blocks));
    const cls = concat(
      layers.map((tokens) => clsOf(tokens)),
      1,
    );
    const last = layers.at(-1);
    if (!avgpool || last === undefined) return { vectors: cls };
    const [batch, , dim] = last.shape;
    return { vectors: reshape(stack([cls, meanPatch(vit, last)], 2), [batch, 2 * dim]) };
  });

function clsOf(tokens: Tensor3D): Tensor2D {
  const [batch, , dim] = tokens.shape;
  return reshape(slice(tokens, [0, 0, 0], [batch, 1, dim]), [batch, dim]);
}

/** Registers are no patches. */
function meanPatch(vit: VitSpec, tokens: Tensor3D): Tensor2D {
  const [batch, length, dim] = tokens.shape;
  const before = tokensBeforePatches(vit);
  return mean(slice(tokens, [0, before, 0], [batch, length - before, dim]), 1);
}
