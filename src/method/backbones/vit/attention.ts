/** What a ViT attends to, and what its blocks make of the tokens. */
import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../../program/lookup.js';
import { attentionWeights } from '../../layers/attentionWeights.js';
import { transformerBlock } from './block.js';
import { foldedMlp, foldedQueryKeyValue, foldedWeights, projected } from './foldedBlock.js';
import type { VitSpec } from './spec.js';
import { embed, type Tokens } from './tokens.js';
import { encode, finalNorm } from './vit.js';

/** What a block's attention is the softmax of the products of, each [batch, heads, length, dim / heads]; `query` carries the scale. */
export interface QueryAndKey {
  readonly query: tf.Tensor4D;
  readonly key: tf.Tensor4D;
}

/** The last block's attention [batch, heads, tokens, tokens] (`get_last_selfattention`). */
export function lastAttention(vit: VitSpec, parameters: Parameters, images: tf.Tensor4D): tf.Tensor4D {
  const last = vit.depth - 1;
  const tokens = encode(vit, parameters, images, last);
  const [query, key] = foldedQueryKeyValue(vit, foldedWeights(vit, parameters, last), tokens);
  return attentionWeights(query, key);
}

/**
 * What attention makes of the values, for a part of the queries at a time where the whole matrix would be large: it grows with the
 * square of the patches, its parts do not. Without gradients, which would keep them all.
 */
function mixInParts(query: tf.Tensor4D, key: tf.Tensor4D, value: tf.Tensor4D, mostWeights: number): tf.Tensor4D {
  const [batch, heads, length, width] = query.shape;
  const queries = Math.max(1, Math.floor(mostWeights / (batch * heads * length)));
  if (queries >= length) return tf.matMul(attentionWeights(query, key), value);
  const parts: tf.Tensor4D[] = [];
  for (let first = 0; first < length; first += queries) {
    const count = Math.min(queries, length - first);
    const part: tf.Tensor4D = tf.slice(query, [0, 0, first, 0], [batch, heads, count, width]);
    parts.push(tf.matMul(attentionWeights(part, key), value));
  }
  return tf.concat(parts, 2);
}

/** What is inside a ViT. */
export interface Inside {
  /** Of every block. */
  readonly pairs: readonly QueryAndKey[];
  /** What the last block makes of the tokens; before it, where that was not asked for. */
  readonly tokens: Tokens;
}

/**
 * Every block's queries and keys, from which any row of any block's attention can be had, and on request the last block's tokens.
 * @param mostWeights of all heads' attention that are in memory at once
 * @param toTheEnd whether the last block is computed to its end, which queries and keys do not need
 */
export function inside(
  vit: VitSpec,
  parameters: Parameters,
  images: tf.Tensor4D,
  mostWeights: number,
  toTheEnd: boolean,
): Inside {
  const pairs: QueryAndKey[] = [];
  let tokens = embed(vit, parameters, images);
  for (let block = 0; block < vit.depth; block++) {
    const weights = foldedWeights(vit, parameters, block);
    const [query, key, value] = foldedQueryKeyValue(vit, weights, tokens);
    pairs.push({ query, key });
    if (block === vit.depth - 1 && !toTheEnd) break;
    const mixed = mixInParts(query, key, value, mostWeights);
    const middle: tf.Tensor2D = tf.add(tokens.rows, projected(weights, mixed));
    tokens = { ...tokens, rows: tf.add(middle, foldedMlp(vit, weights, middle)) };
  }
  return { pairs, tokens };
}

/** Which blocks' tokens are wanted. */
export interface Layers {
  /** From 0. */
  readonly blocks: readonly number[];
  /** Whether each goes through the final norm. */
  readonly normed: boolean;
}

/** These blocks' tokens, in the blocks' order, [batch, tokens, dim] (`get_intermediate_layers`). */
export function intermediateLayers(
  vit: VitSpec,
  parameters: Parameters,
  images: tf.Tensor4D,
  { blocks, normed }: Layers,
): tf.Tensor3D[] {
  const layers: tf.Tensor3D[] = [];
  let tokens = embed(vit, parameters, images);
  for (let block = 0; block <= Math.max(...blocks); block++) {
    tokens = transformerBlock(vit, parameters, tokens, block);
    if (!blocks.includes(block)) continue;
    const { rows, batch, length } = tokens;
    layers.push(tf.reshape(normed ? finalNorm(vit, parameters, rows) : rows, [batch, length, vit.embedDim]));
  }
  return layers;
}

/** The last `n` blocks' tokens, each through the final norm. */
export const lastLayers = ({ depth }: VitSpec, n: number): Layers => ({
  blocks: Array.from({ length: n }, (_, i) => depth - n + i),
  normed: true,
});
