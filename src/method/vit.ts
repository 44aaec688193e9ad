/** The Vision Transformer of the paper (vision_transformer.py of the original), on images [batch, channels, height, width]. */
import * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../program/lookup.js';
import { sectionBegins } from '../program/sections.js';
import { attend, attentionWeights } from './attention.js';
import { foldNorm, layerNorm, standardizeRows } from './layerNorm.js';
import { type Linear, linear } from './linear.js';
import { mlp } from './mlp.js';
import { patchPositions } from './positionEmbedding.js';
import { patchesPerSide, type VitSpec } from './specification.js';

/** The token matrix of a batch: `batch` times `length` rows (CLS first), so that every linear layer is one product. */
interface Tokens {
  /** [batch * length, dim] */
  readonly rows: tf.Tensor2D;
  readonly batch: number;
  readonly length: number;
}

/** Stochastic depth: what each residual branch of each sample is multiplied by (0, or 1 / keep). [depth, 2, batch]. */
export type DropPathScales = tf.Tensor3D;

/** Patches [batch * rows * columns, channels * patch * patch], each patch as the convolution's kernel lays it out. */
function patchRows(images: tf.Tensor4D, vit: VitSpec): tf.Tensor2D {
  const [batch, channels, height, width] = images.shape;
  const p = vit.patchSize;
  const rows = patchesPerSide(vit, height);
  const columns = patchesPerSide(vit, width);
  // A rest at the right and at the bottom is left out.
  const covered = tf.slice(images, [0, 0, 0, 0], [batch, channels, rows * p, columns * p]);
  const grid = tf.reshape(covered, [batch, channels, rows, p, columns, p]);
  return tf.reshape(tf.transpose(grid, [0, 2, 4, 1, 3, 5]), [batch * rows * columns, channels * p * p]);
}

function embed(vit: VitSpec, parameters: Parameters, images: tf.Tensor4D): Tokens {
  const [batch, , height, width] = images.shape;
  const dim = vit.embedDim;
  const patches = patchRows(images, vit);
  const count = patches.shape[0] / batch;
  const positions = parameters<tf.Tensor3D>('pos_embed');
  // The convolution's bias and the position embedding are both the same for every image: one addition instead of two.
  const offset = tf.add(patchPositions(positions, vit, height, width), parameters('patch_embed.proj.bias'));
  const weight = tf.reshape(parameters('patch_embed.proj.weight'), [dim, patches.shape[1]]);
  const projected = tf.reshape(tf.matMul(patches, weight as tf.Tensor2D, false, true), [batch, count, dim]);
  const cls = tf.add(parameters('cls_token'), tf.slice(positions, [0, 0, 0], [1, 1, dim]));
  // Adding zeros rather than tiling: the gradient of an addition is one sum, that of tfjs's tile is `batch` slices.
  const clsOfEach = tf.add(cls, tf.zeros([batch, 1, dim]));
  const sequence = tf.concat([clsOfEach, tf.add(projected, offset)], 1);
  return { rows: tf.reshape(sequence, [batch * (count + 1), dim]), batch, length: count + 1 };
}

interface BlockWeights {
  /** [3 * dim, dim]: query (scaled), key, value. */
  readonly queryKeyValue: Linear;
  readonly projection: Linear;
  readonly mlp: readonly [Linear, Linear];
}

/** The weights of a block, its two LayerNorms and the attention's scale folded into the linear layers that follow. */
function blockWeights(vit: VitSpec, parameters: Parameters, block: number): BlockWeights {
  const dim = vit.embedDim;
  const scale = (dim / vit.numHeads) ** -0.5;
  const get = <T extends tf.Tensor>(name: string) => parameters<T>(`blocks.${block}.${name}`);
  const layer = (name: string): Linear => ({ weight: get(`${name}.weight`), bias: get(`${name}.bias`) });
  const norm = (name: string) => ({ weight: get(`${name}.weight`), bias: get(`${name}.bias`) });
  const rowScale = new Float32Array(3 * dim).fill(1).fill(scale, 0, dim);
  // What is added to all keys alike adds one number to all scores of a query, which softmax takes no notice of. So the keys have no bias here,
  // and its gradient is the 0 that it is, instead of rounding errors, which AdamW would divide by their own size.
  const biasScale = rowScale.slice().fill(0, dim, 2 * dim);
  const folded = foldNorm(norm('norm1'), layer('attn.qkv'));
  const queryKeyValue: Linear = {
    weight: tf.mul(folded.weight, tf.tensor2d(rowScale, [3 * dim, 1])),
    bias: tf.mul(folded.bias, tf.tensor1d(biasScale)),
  };
  return {
    queryKeyValue,
    projection: layer('attn.proj'),
    mlp: [foldNorm(norm('norm2'), layer('mlp.fc1')), layer('mlp.fc2')],
  };
}

/** The layer that gives `count` of the outputs, from the `first` on. */
const outputsOf = ({ weight, bias }: Linear, first: number, count: number): Linear => ({
  weight: tf.slice(weight, [first, 0], [count, weight.shape[1]]),
  bias: tf.slice(bias, [first], [count]),
});

/** [batch * length, parts * dim] -> `parts` tensors [batch, heads, length, dim / heads]. */
function splitHeads(vit: VitSpec, rows: tf.Tensor2D, batch: number, length: number, parts: number): tf.Tensor4D[] {
  const { numHeads, embedDim } = vit;
  const grid = tf.reshape(rows, [batch, length, parts, numHeads, embedDim / numHeads]);
  return tf.unstack(tf.transpose(grid, [2, 0, 3, 1, 4])) as tf.Tensor4D[];
}

/** [batch, heads, length, dim / heads] -> [batch * length, dim]. */
function mergeHeads(heads: tf.Tensor4D): tf.Tensor2D {
  const [batch, numHeads, length, headDim] = heads.shape;
  return tf.reshape(tf.transpose(heads, [0, 2, 1, 3]), [batch * length, numHeads * headDim]);
}

/** What a residual branch (0 attention, 1 MLP) of `block` adds, under stochastic depth. [batch * length, dim]. */
function branch(y: tf.Tensor2D, dropPath: DropPathScales | undefined, block: number, index: 0 | 1): tf.Tensor2D {
  // The first block's rate is 0 (linspace(0, rate, depth)).
  if (dropPath === undefined || block === 0) return y;
  const batch = dropPath.shape[2];
  const [rows, dim] = y.shape;
  const scales = tf.reshape(tf.slice(dropPath, [block, index, 0], [1, 1, batch]), [batch, 1, 1]);
  return tf.reshape(tf.mul(tf.reshape(y, [batch, rows / batch, dim]), scales), [rows, dim]);
}

/** What a block's attention is the softmax of the products of, each [batch, heads, length, dim / heads]; `query` carries the scale. */
export interface QueryAndKey {
  readonly query: tf.Tensor4D;
  readonly key: tf.Tensor4D;
}

/** Query (scaled), key and value of every token, each [batch, heads, length, dim / heads]. */
function queryKeyValue(vit: VitSpec, weights: BlockWeights, { rows, batch, length }: Tokens) {
  const heads = splitHeads(vit, linear(standardizeRows(rows), weights.queryKeyValue), batch, length, 3);
  return heads as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
}

/** A block from where every token has its share of the values: `mixed` [batch, heads, length, dim / heads]. */
function afterAttention(
  weights: BlockWeights,
  { rows, batch, length }: Tokens,
  mixed: tf.Tensor4D,
  block: number,
  dropPath?: DropPathScales,
): Tokens {
  const attended = linear(mergeHeads(mixed), weights.projection);
  const middle: tf.Tensor2D = tf.add(rows, branch(attended, dropPath, block, 0));
  const out: tf.Tensor2D = tf.add(middle, branch(mlp(standardizeRows(middle), weights.mlp), dropPath, block, 1));
  return { rows: out, batch, length };
}

function transformerBlock(
  vit: VitSpec,
  weights: BlockWeights,
  tokens: Tokens,
  block: number,
  dropPath?: DropPathScales,
): Tokens {
  const [query, key, value] = queryKeyValue(vit, weights, tokens);
  return afterAttention(weights, tokens, attend(query, key, value), block, dropPath);
}

/** The CLS rows [batch, dim] of a token matrix. */
function clsRows({ rows, batch, length }: Tokens): tf.Tensor2D {
  const dim = rows.shape[1] as number;
  return tf.reshape(tf.slice(tf.reshape(rows, [batch, length, dim]), [0, 0, 0], [batch, 1, dim]), [batch, dim]);
}

/**
 * The last block as far as the CLS token needs it: nothing reads what the block makes of the other tokens, so they only
 * give keys and values. Saves most of one block of `depth`, forward and backward. Returns [batch, dim].
 */
function lastBlockCls(
  vit: VitSpec,
  weights: BlockWeights,
  tokens: Tokens,
  block: number,
  dropPath?: DropPathScales,
): tf.Tensor2D {
  const { batch, length, rows } = tokens;
  const standardized = standardizeRows(rows);
  const ownRows = clsRows({ rows: standardized, batch, length });
  const { embedDim: dim, numHeads } = vit;
  const query: tf.Tensor4D = tf.reshape(linear(ownRows, outputsOf(weights.queryKeyValue, 0, dim)), [
    batch,
    numHeads,
    1,
    dim / numHeads,
  ]);
  const keyValue = linear(standardized, outputsOf(weights.queryKeyValue, dim, 2 * dim));
  const pair = splitHeads(vit, keyValue, batch, length, 2);
  const [key, value] = pair as [tf.Tensor4D, tf.Tensor4D];
  const attended: tf.Tensor2D = tf.reshape(attend(query, key, value), [batch, dim]);
  const middle: tf.Tensor2D = tf.add(clsRows(tokens), branch(linear(attended, weights.projection), dropPath, block, 0));
  return tf.add(middle, branch(mlp(standardizeRows(middle), weights.mlp), dropPath, block, 1));
}

const finalNorm = (parameters: Parameters, rows: tf.Tensor2D): tf.Tensor2D =>
  layerNorm(rows, parameters('norm.weight'), parameters('norm.bias'));

/** How a network is trained. */
export interface Pass {
  readonly dropPath?: DropPathScales | undefined;
  /** Whether each block is a section for activation checkpointing. */
  readonly blocksAreSections?: boolean;
}

/** The tokens after the first `count` blocks, as the next one takes them. */
function encode(vit: VitSpec, parameters: Parameters, images: tf.Tensor4D, count: number, pass: Pass = {}): Tokens {
  const { dropPath, blocksAreSections = false } = pass;
  const begin = (tokens: Tokens): Tokens =>
    blocksAreSections ? { ...tokens, rows: sectionBegins(tokens.rows) } : tokens;
  let tokens = begin(embed(vit, parameters, images));
  for (let block = 0; block < count; block++) {
    tokens = begin(transformerBlock(vit, blockWeights(vit, parameters, block), tokens, block, dropPath));
  }
  return tokens;
}

/** The normed CLS token of the last block, [batch, dim]: the feature of an image. */
export function clsFeatures(vit: VitSpec, parameters: Parameters, images: tf.Tensor4D, pass: Pass = {}): tf.Tensor2D {
  const last = vit.depth - 1;
  const tokens = encode(vit, parameters, images, last, pass);
  const weights = blockWeights(vit, parameters, last);
  return finalNorm(parameters, lastBlockCls(vit, weights, tokens, last, pass.dropPath));
}

/** The last block's attention [batch, heads, N + 1, N + 1] (`get_last_selfattention`). */
export function lastAttention(vit: VitSpec, parameters: Parameters, images: tf.Tensor4D): tf.Tensor4D {
  const last = vit.depth - 1;
  const tokens = encode(vit, parameters, images, last);
  const [query, key] = queryKeyValue(vit, blockWeights(vit, parameters, last), tokens);
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

/**
 * Every block's queries and keys, from which any row of any block's attention can be had.
 * @param mostWeights of all heads' attention that are in memory at once
 */
export function queriesAndKeys(
  vit: VitSpec,
  parameters: Parameters,
  images: tf.Tensor4D,
  mostWeights: number,
): QueryAndKey[] {
  const pairs: QueryAndKey[] = [];
  let tokens = embed(vit, parameters, images);
  for (let block = 0; block < vit.depth; block++) {
    const weights = blockWeights(vit, parameters, block);
    const [query, key, value] = queryKeyValue(vit, weights, tokens);
    pairs.push({ query, key });
    // Nothing is asked of what the last block makes of them.
    if (block < vit.depth - 1)
      tokens = afterAttention(weights, tokens, mixInParts(query, key, value, mostWeights), block);
  }
  return pairs;
}

/** The last `n` blocks' tokens, each through the final norm, [batch, N + 1, dim] (`get_intermediate_layers`). */
export function intermediateLayers(
  vit: VitSpec,
  parameters: Parameters,
  images: tf.Tensor4D,
  n: number,
): tf.Tensor3D[] {
  const layers: tf.Tensor3D[] = [];
  let tokens = encode(vit, parameters, images, vit.depth - n);
  for (let block = vit.depth - n; block < vit.depth; block++) {
    tokens = transformerBlock(vit, blockWeights(vit, parameters, block), tokens, block);
    const { rows, batch, length } = tokens;
    layers.push(tf.reshape(finalNorm(parameters, rows), [batch, length, vit.embedDim]));
  }
  return layers;
}
